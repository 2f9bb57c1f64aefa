"""Every read of alerts; each takes the user whose they are."""
