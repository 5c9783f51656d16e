"""Sending to Coperniq: every sendable row once, with an audit log and lineage."""
