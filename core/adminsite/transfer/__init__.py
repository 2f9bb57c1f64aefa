"""Reference data in and out of the admin: files that the services read, previewed and then confirmed."""

from __future__ import annotations

from core.adminsite.transfer.admin import TransferAdmin
from core.adminsite.transfer.reading import RowReader
from core.adminsite.transfer.resource import CHANGED, MADE, SAME, RowsRefused, ServiceResource

__all__ = ["CHANGED", "MADE", "SAME", "RowReader", "RowsRefused", "ServiceResource", "TransferAdmin"]
