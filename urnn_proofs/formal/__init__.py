"""The theorems in Coq: the record that is shipped, the sources, and how they are run.

Nothing here imports SymPy, Z3 or NumPy: ``python -m urnn_proofs.formal`` needs Python and Coq.
"""
