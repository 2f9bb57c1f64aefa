"""Every write of portfolios, transactions and imports."""
