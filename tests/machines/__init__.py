"""Several machines on one: hosts with networks of their own, the servers that they share, and Dagster spread over them.

Tests and benchmarks use it. Hosts are network namespaces, which only root can make.
"""
