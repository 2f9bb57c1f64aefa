"""Presets of brokers: files whose layout is known, read into the same drafts as any CSV file.

A preset is a module of its own that answers two questions of a `source.Source`: is this file
mine, and what are its rows. `registry` lists them; `preset` has what they share, `table` reads
rows below a header, `xml` and `ledger` what their names say. Amounts are in the major units of
their currencies, as in every draft.
"""
