"""Nouns: numbers, matrices, activations, networks, verdicts, errors."""
