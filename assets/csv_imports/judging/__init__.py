"""Judging: every record gets its values, its status, and a sentence for each thing that is wrong."""
