"""The verbs: equivalent, fewest, search, examples."""
