"""Rational rows and completions."""
