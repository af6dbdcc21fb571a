"""Diagonal scalings, proposed in floating point."""
