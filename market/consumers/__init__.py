"""Sockets of the market."""
