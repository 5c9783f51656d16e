"""Whom the pipeline serves."""
