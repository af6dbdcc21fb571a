"""The NumPy backend: simulation, cross-checks, and bounds for floating-point weights."""
