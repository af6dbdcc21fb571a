"""Run the command line with ``python -m urnn_proofs``."""

from urnn_proofs.cli import main

main()
