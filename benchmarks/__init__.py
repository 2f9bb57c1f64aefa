"""Runnable comparisons with peers and limits. `make bench` runs them; figures are in docs/benchmarks.md."""
