"""The way of a record: from the cells of a file through judging and sending to Coperniq, and what came of it since."""
