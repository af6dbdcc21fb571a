"""Formulas and numbers as LaTeX."""
