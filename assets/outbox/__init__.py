"""What is handed back of an import, as files in the outbox: rows to correct, and a report."""
