"""The Django database engine that runs on the private PostgreSQL."""
