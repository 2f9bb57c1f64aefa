"""What may be read of the market, by whom."""
