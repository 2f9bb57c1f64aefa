"""The mathematics of alerts: pure functions."""
