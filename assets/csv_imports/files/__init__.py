"""Files as they come: their bytes become headers and batches of raw records, each physical record exactly once."""
