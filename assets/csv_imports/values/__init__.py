"""Values: how text that exports write becomes typed values, and the named transformations in between."""
