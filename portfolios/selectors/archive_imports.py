"""The archives that a person brought in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from portfolios.models import ArchiveImport, Portfolio
from portfolios.selectors.portfolios import visible_to


def listed(user: Any) -> QuerySet[ArchiveImport]:
    """List the archives that a person brought in, newest first, without their files."""
    return ArchiveImport.objects.filter(user_id=user.pk).defer("source")


def get(user: Any, archive_id: UUID) -> ArchiveImport:
    """Answer one of a person's archives.

    Raises:
        NotFound: there is none, or it is another's.
    """
    found = listed(user).filter(pk=archive_id).first()
    if found is None:
        raise NotFound
    return found


def portfolios_of(user: Any, row: ArchiveImport) -> list[tuple[Portfolio, dict[str, Any]]]:
    """List the portfolios of an archive that the person still sees, with what became of each."""
    told = {one["id"]: one for one in row.summary.get("portfolios", [])}
    seen = visible_to(user).filter(pk__in=list(told)) if told else ()
    return [(one, told[str(one.pk)]) for one in seen]
