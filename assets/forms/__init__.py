"""Forms: what contractors submit by templates, and how what was approved goes to Coperniq."""
