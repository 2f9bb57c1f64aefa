"""What people are told about files of transactions and archives that they brought in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from alerts.models import Notification
from alerts.services.notifications import notify
from portfolios.domain.words import unlinked
from portfolios.models import ArchiveImport, TransactionImport


def tell_import_finished(*, import_id: UUID, user_id: UUID, outcome: str, rows: int, at: datetime) -> None:
    """Tell whoever brought a file in what came of it."""
    batch = TransactionImport.objects.select_related("portfolio").only("file_name", "portfolio__name")
    found = batch.get(pk=import_id)
    data = {
        "import": str(import_id),
        "portfolio": str(found.portfolio_id),
        "name": unlinked(found.portfolio.name),
        "file": found.file_name,
        "rows": str(rows),
    }
    _tell(user_id, f"import_{outcome}", data, f"import:{import_id}:{outcome}:{at.isoformat()}")


def tell_archive_finished(*, archive_id: UUID, user_id: UUID, outcome: str, portfolios: int) -> None:
    """Tell whoever brought an archive in what came of it."""
    name = ArchiveImport.objects.values_list("file_name", flat=True).get(pk=archive_id)
    data = {"archive": str(archive_id), "file": name, "portfolios": str(portfolios)}
    _tell(user_id, f"archive_{outcome}", data, f"archive:{archive_id}")


def _tell(user_id: UUID, event: str, data: dict[str, str], key: str) -> None:
    notify(users=[user_id], kind=Notification.Kind.IMPORT, event=event, data=data, key=key)
