"""Live values on many sockets, beside other servers."""
