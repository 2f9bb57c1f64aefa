"""The REST API of portfolios."""
