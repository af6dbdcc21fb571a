"""The search: a URNN with N states, or a proof that there is none."""
