"""Portfolios as a file: exported whole, imported anew. docs/portfolios/archive.md tells the format."""

from portfolios.services.archive.exporting import export_archive
from portfolios.services.archive.restoring import import_archive, opened

__all__ = ["export_archive", "import_archive", "opened"]
