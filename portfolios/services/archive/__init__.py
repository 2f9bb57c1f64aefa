"""Portfolios as a file: exported whole, imported anew. docs/portfolios/archive.md tells the format."""

from portfolios.services.archive.exporting import export_archive
from portfolios.services.archive.receiving import left_lying, receive_archive, work_archive
from portfolios.services.archive.restoring import import_archive, opened

__all__ = [
    "export_archive",
    "import_archive",
    "left_lying",
    "opened",
    "receive_archive",
    "work_archive",
]
