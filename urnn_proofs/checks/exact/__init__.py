"""The exact engine: linear algebra over the rationals on FLINT integers."""
