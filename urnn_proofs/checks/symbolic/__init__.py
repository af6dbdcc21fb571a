"""The SymPy layer: identities in polynomial rings, and matrices to look at."""
