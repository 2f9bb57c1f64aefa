"""Pure mathematics of the market: series, rates, corporate actions, the reading of price files."""
