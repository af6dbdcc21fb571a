"""Reports for people: terminal tables."""
