"""Theorems, constructions, proofs and tables of checks as LaTeX for papers."""
