"""The NumPy backend: simulation and cross-checks, and rigorous bounds for floating-point weights."""
