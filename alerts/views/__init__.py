"""Pages of alerts and notifications."""
