"""Erasing a person: the values go, everywhere; rows, counts and hashes stay, so that what was counted still adds up."""
