"""The platform's own private PostgreSQL, for machines that have nothing but Python.

A process that needs the database attaches to a running server or starts one, and the
last process to leave stops it. `cluster` is the part processes use, `keeper` the small
process that owns the server, `backend` the Django database engine that attaches on the
first connection. Only `backend` imports Django. docs/operations/embedded.md tells how
the parts work together, docs/adr/0001-embedded-postgresql.md why.
"""
