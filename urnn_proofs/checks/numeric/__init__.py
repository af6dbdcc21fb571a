"""The NumPy backend: simulation, cross-checks, rigorous bounds for floating-point weights."""
