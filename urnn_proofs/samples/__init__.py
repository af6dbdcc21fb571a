"""NumPy simulation: it can only contradict."""
