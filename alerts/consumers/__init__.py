"""Sockets of alerts."""
