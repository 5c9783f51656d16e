"""Planning: what an import would do, found out by doing it to copies of the tables, and sealed until it is done."""
