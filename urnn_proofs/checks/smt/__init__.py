"""The Z3 layer: queries with a time limit."""
