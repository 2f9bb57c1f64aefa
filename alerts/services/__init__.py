"""Every write of alerts."""
