"""The NumPy backend: simulation and cross-checks, never a proof."""
