"""Wiring: definitions, resources, settings, the command line. No business rules and no SQL of a concept."""
