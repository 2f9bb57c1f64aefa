"""Commands of the whole platform, and what they share."""
