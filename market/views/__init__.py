"""The pages of the market: instruments, their prices, exchange rates."""
