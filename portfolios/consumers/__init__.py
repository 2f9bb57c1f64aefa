"""Sockets of portfolios."""
