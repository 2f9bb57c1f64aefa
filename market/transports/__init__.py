"""The outside of the market: files."""
