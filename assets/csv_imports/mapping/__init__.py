"""Mapping: which column of a file feeds which field, by rule, by memory or by a person's word."""
