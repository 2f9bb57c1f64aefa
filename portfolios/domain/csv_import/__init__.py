"""CSV files of transactions: from bytes to drafts, with everything that was guessed laid open.

The way of a file: `text` (bytes to cells) → `columns`, `numbers`, `dates` (what the cells mean,
together a `layout`) → `rows` (one draft a line, with findings) → `identity` (what is already
there). `export` writes the platform's own format, which `rows` reads back exactly.
"""
