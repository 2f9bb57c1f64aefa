"""Every read of portfolios. What takes a user answers only what that user may see."""
