"""Sweeps: thousands of questions answered on whatever machines there are.

A *cell* is one question as plain JSON data.  Workers answer cells, each in a process that can be
killed; only the driver writes, one row a cell.
"""
