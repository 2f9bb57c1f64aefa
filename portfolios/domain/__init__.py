"""The mathematics of portfolios: pure functions of entries, prices and rates.

Nothing here knows Django, a clock, settings or I/O. The conventions and worked
examples stand in ``docs/algorithms/``.
"""
