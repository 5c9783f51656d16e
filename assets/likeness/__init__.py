"""Possible duplicates: customers that are probably the same as another one, offered for review and never merged."""
