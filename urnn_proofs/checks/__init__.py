"""Checkers: they decide, never search; the folder says who is believed."""
