"""Pages of portfolios: parse, ask one service or selector, render."""
