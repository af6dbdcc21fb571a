"""The theorems as executable statements, one module each."""
