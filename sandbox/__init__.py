"""What makes one machine enough: stand-ins for the services that the pipeline talks to.

Here belongs what a laptop lacks: the embedded PostgreSQL and a Coperniq server on loopback. The product runs without
any of it. What does not belong here: anything that `assets/` or `orchestration/` would import, and anything that would
import `assets/`; a stand-in that shares code with its client proves nothing about the client.
"""
