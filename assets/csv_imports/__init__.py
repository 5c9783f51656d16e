"""Importing: files become imports, their records become judged rows."""
