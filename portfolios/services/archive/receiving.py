"""Archives that people upload: a small one comes in at once, a large one by a task, found from its row."""

from __future__ import annotations

import hashlib
import io
from typing import IO, Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.bundle import BundleReader
from core.bus import bus
from core.errors import Conflict, DomainError, TooLarge
from portfolios.events import ArchiveFinished, ArchiveQueued
from portfolios.models import ArchiveImport
from portfolios.services.archive.restoring import import_archive, opened
from portfolios.services.imports.background import APPLY_FROM, LOST, MOST_ATTEMPTS, READ_FROM, STALE

MOST_BYTES: Final = 24 * 1024 * 1024
# Records shrink to a twentieth, so this is what a file of a megabyte holds.
UNPACKED_FROM: Final = 20 * READ_FROM
MOST_WAITING: Final = 3


def receive_archive(*, user: Any, file_name: str, file: IO[bytes]) -> ArchiveImport:
    """Check an archive and bring it in for `user`, or leave it to a task where it is large.

    Raises:
        TooLarge: more than 24 MB, or too much unpacked.
        BrokenArchive: it is none, or what it says cannot be; nothing is kept of it.
        Conflict: too many of the user's archives wait already.
    """
    size = file.seek(0, io.SEEK_END)
    if size > MOST_BYTES:
        raise TooLarge(_("The file is larger than %(limit)s MB.") % {"limit": MOST_BYTES >> 20})
    bundle = opened(file)
    file.seek(0)
    content = file.read()
    row = ArchiveImport(
        user=user,
        file_name=(file_name.replace("\0", "").strip() or _("Archive"))[-255:],
        sha256=hashlib.sha256(content).hexdigest(),
    )
    is_small = size < READ_FROM and bundle.size < UNPACKED_FROM
    if is_small and bundle.members["transactions.jsonl"].rows < APPLY_FROM:
        _bring_in(row, user, bundle)
    else:
        _queue(row, user, content)
    return row


@transaction.atomic
def _bring_in(row: ArchiveImport, user: Any, bundle: BundleReader) -> None:
    row.summary = import_archive(actor=Actor.user(user), owner_id=user.pk, bundle=bundle)
    row.status, row.source = ArchiveImport.Status.DONE, b""
    row.save()
    _finished(row, sum(not one["there"] for one in row.summary["portfolios"]))


@transaction.atomic
def _queue(row: ArchiveImport, user: Any, content: bytes) -> None:
    waiting = ArchiveImport.objects.filter(user=user, status=ArchiveImport.Status.WAITING)
    if waiting.count() >= MOST_WAITING:
        raise Conflict(_("%(count)s archives wait already. Bring this in later.") % {"count": MOST_WAITING})
    row.source = content
    row.save(force_insert=True)
    bus.publish(ArchiveQueued(archive_id=row.pk))


def left_lying() -> list[UUID]:
    """List the archives whose task died, or was never told of them."""
    now = clock.now()
    lost = Q(claimed_at=None, updated_at__lt=now - LOST) | Q(claimed_at__lt=now - STALE)
    waiting = ArchiveImport.objects.filter(lost, status=ArchiveImport.Status.WAITING)
    return list(waiting.values_list("pk", flat=True))


def work_archive(*, archive_id: UUID) -> str:
    """Bring in an archive that waits; answer its state, "" if another has it or nobody waits."""
    now = clock.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - STALE)
    mine = ArchiveImport.objects.filter(free, pk=archive_id, status=ArchiveImport.Status.WAITING)
    if not mine.update(claimed_at=now, attempts=F("attempts") + 1):
        return ""
    row = ArchiveImport.objects.select_related("user").get(pk=archive_id)
    try:
        if row.attempts > MOST_ATTEMPTS:
            return _give_up(row, _("This was tried several times and never came to an end."))
        _bring_in(row, row.user, opened(io.BytesIO(row.source)))
    except DomainError as refusal:
        return _give_up(row, str(refusal.detail))
    return str(row.status)


@transaction.atomic
def _give_up(row: ArchiveImport, reason: str) -> str:
    row.status, row.source, row.summary = ArchiveImport.Status.FAILED, b"", {"failure": reason}
    row.save()
    _finished(row, 0)
    return str(row.status)


def _finished(row: ArchiveImport, portfolios: int) -> None:
    bus.publish(
        ArchiveFinished(
            archive_id=row.pk, user_id=row.user_id, outcome=str(row.status), portfolios=portfolios
        )
    )
