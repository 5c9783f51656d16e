"""How long what is old is kept, and taking it away. The rows of files, their lineage and records stay for ever."""
