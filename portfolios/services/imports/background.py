"""Large files: read, brought in and taken out by a task, found from their rows, taken up by one at a time.

A file waits in state ``reading``, ``applying`` or ``undoing``. A task claims it by a conditional update; a
claim that is too old is another's to take, and after some attempts the file fails or waits for its owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.models import User
from core import clock
from core.actor import Actor
from core.bus import bus
from core.errors import DomainError, NotFound
from portfolios.events import ImportQueued
from portfolios.locks import lock_portfolio
from portfolios.models import TransactionImport
from portfolios.services.bulk import uncollected
from portfolios.services.imports.apply import bring_in, finished
from portfolios.services.imports.mapping import read_mapping
from portfolios.services.imports.presets import with_saved
from portfolios.services.imports.preview import (
    locked_import,
    read_into,
    remap_import,
    require_status,
    store_upload,
    uploaded,
    writable,
)
from portfolios.services.imports.stored_rows import Verdict
from portfolios.services.imports.undo import take_out

# A megabyte is some 15,000 rows and three seconds; a page may wait for that, not for more.
READ_FROM: Final = 1_000_000
APPLY_FROM: Final = 20_000
MOST_ATTEMPTS: Final = 3
STALE: Final = timedelta(minutes=15)
LOST: Final = timedelta(minutes=2)
_AT_WORK: Final = (
    TransactionImport.Status.READING,
    TransactionImport.Status.APPLYING,
    TransactionImport.Status.UNDOING,
)
_NOTHING: Final[dict[str, Any]] = {
    "layout": {
        "preset": "", "encoding": "", "delimiter": "", "header_line": 0, "date_order": "",
        "date_order_is_sure": True, "time_zone": "", "own_format": False, "columns": [],
    },
    "findings": [], "counts": {verdict.value: 0 for verdict in Verdict}, "unresolved": [], "kinds": [],
}  # fmt: skip


def queue_import(
    *, user: Any, portfolio_id: UUID, file_name: str, content: bytes, mapping: Mapping[str, Any] | None = None
) -> TransactionImport:
    """Store a file for a task to read; the answer is in state ``reading`` and has no rows yet.

    Raises:
        NotFound, Forbidden, TooLarge: as `preview_import`.
        ValidationFailed: the mapping is wrong; names the field. What is wrong with the file shows later.
    """
    batch = uploaded(user, portfolio_id, file_name, content)
    batch.mapping = with_saved(user, mapping or {})
    read_mapping(batch.mapping)
    batch.status, batch.summary = TransactionImport.Status.READING, _NOTHING
    with transaction.atomic():
        store_upload(user=user, batch=batch)
        bus.publish(ImportQueued(import_id=batch.pk))
    return batch


def requeue_import(
    *, user: Any, portfolio_id: UUID, import_id: UUID, mapping: Mapping[str, Any]
) -> TransactionImport:
    """Read a previewed file anew with another mapping: a large one by a task, another at once.

    Raises:
        NotFound, Forbidden, Conflict, ValidationFailed: as `remap_import`.
    """
    portfolio = writable(user, portfolio_id)
    found = TransactionImport.objects.filter(portfolio=portfolio, pk=import_id).only("source").first()
    if found is None or len(found.source) < READ_FROM:
        return remap_import(user=user, portfolio_id=portfolio_id, import_id=import_id, mapping=mapping)
    with transaction.atomic():
        lock_portfolio(actor=Actor.user(user), portfolio_id=portfolio_id)
        batch = locked_import(portfolio, import_id, TransactionImport.Status.PREVIEWED)
        batch.summary["job"] = {"mapping": batch.mapping}
        batch.summary.pop("failure", None)
        batch.mapping = with_saved(user, {**batch.mapping, **mapping})
        read_mapping(batch.mapping)
        _wait(batch, TransactionImport.Status.READING)
    return batch


def queue_apply(
    *, actor: Actor, portfolio_id: UUID, import_id: UUID, strict: bool = False
) -> TransactionImport:
    """Have a task bring an import into the ledger; the answer is in state ``applying``.

    Raises:
        NotFound: no such import, or the actor is no member.
        Conflict: it is not waiting to be applied.
    """
    with transaction.atomic():
        portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
        batch = locked_import(portfolio, import_id, TransactionImport.Status.PREVIEWED)
        batch.summary["job"] = {"strict": strict, "user_id": str(actor.user_id or "")}
        batch.summary.pop("failure", None)
        _wait(batch, TransactionImport.Status.APPLYING)
    return batch


def queue_undo(*, actor: Actor, portfolio_id: UUID, import_id: UUID) -> TransactionImport:
    """Have a task take an import out of the ledger again; the answer is in state ``undoing``.

    Raises:
        NotFound: no such import, or the actor is no member.
        Conflict: it is not applied.
    """
    with transaction.atomic():
        portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
        batch = locked_import(portfolio, import_id, TransactionImport.Status.APPLIED)
        batch.summary["job"] = {"user_id": str(actor.user_id or "")}
        batch.summary.pop("failure", None)
        _wait(batch, TransactionImport.Status.UNDOING)
    return batch


def _wait(batch: TransactionImport, status: TransactionImport.Status) -> None:
    batch.status, batch.claimed_at, batch.attempts = status, None, 0
    batch.save(update_fields=["status", "claimed_at", "attempts", "mapping", "summary", "updated_at"])
    bus.publish(ImportQueued(import_id=batch.pk))


def left_lying() -> list[UUID]:
    """List the files whose task died, or was never told of them."""
    now = clock.now()
    lost = Q(claimed_at=None, updated_at__lt=now - LOST) | Q(claimed_at__lt=now - STALE)
    return list(TransactionImport.objects.filter(lost, status__in=_AT_WORK).values_list("pk", flat=True))


def work_import(*, import_id: UUID) -> str:
    """Do what a file waits for; answer the state that it is in now, "" if another has it or nobody waits."""
    now = clock.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - STALE)
    mine = TransactionImport.objects.filter(free, pk=import_id, status__in=_AT_WORK)
    if not mine.update(claimed_at=now, attempts=F("attempts") + 1):
        return ""
    batch = TransactionImport.objects.defer("rows").select_related("portfolio").get(pk=import_id)
    if batch.attempts > MOST_ATTEMPTS:
        return _give_up(batch, _exhausted(batch))
    try:
        _WORK[TransactionImport.Status(batch.status)](batch)
    except DomainError as refusal:
        return _give_up(batch, str(refusal.detail))
    finally:
        cache.delete(_key(import_id))
    return str(batch.status)


def _read(batch: TransactionImport) -> None:
    user = _person(batch.user_id)
    with uncollected():
        read_into(batch, user, batch.mapping, lambda step: _tell(batch.pk, step))
    with transaction.atomic():
        portfolio = lock_portfolio(actor=Actor.user(user), portfolio_id=batch.portfolio_id)
        locked_import(portfolio, batch.pk, TransactionImport.Status.READING)
        batch.status = TransactionImport.Status.PREVIEWED
        batch.save(update_fields=["status", "mapping", "rows", "summary", "updated_at"])
        counts: dict[str, int] = batch.summary["counts"]
        finished(batch, user.pk, "ready", counts["new"] + counts["warning"])


def _apply(batch: TransactionImport) -> None:
    job = batch.summary["job"]
    actor = Actor.user(_person(job["user_id"]))
    _tell(batch.pk, "apply")
    with transaction.atomic():
        portfolio = lock_portfolio(actor=actor, portfolio_id=batch.portfolio_id)
        held = locked_import(portfolio, batch.pk, TransactionImport.Status.APPLYING)
        del held.summary["job"]
        bring_in(actor, portfolio, held, strict=job["strict"])
    batch.status = held.status


def _undo(batch: TransactionImport) -> None:
    actor = Actor.user(_person(batch.summary["job"]["user_id"]))
    _tell(batch.pk, "undo")
    with transaction.atomic():
        portfolio = lock_portfolio(actor=actor, portfolio_id=batch.portfolio_id)
        held = locked_import(portfolio, batch.pk, TransactionImport.Status.UNDOING)
        del held.summary["job"]
        take_out(actor, portfolio, held)
        finished(held, actor.user_id, "undone", held.summary["undone"]["removed"])
    batch.status = held.status


_WORK: Final = {
    TransactionImport.Status.READING: _read,
    TransactionImport.Status.APPLYING: _apply,
    TransactionImport.Status.UNDOING: _undo,
}
# What a file that was in the portfolio, or on its way there, is again when its task gives up.
_BEFORE: Final = {
    TransactionImport.Status.READING: TransactionImport.Status.PREVIEWED,
    TransactionImport.Status.APPLYING: TransactionImport.Status.PREVIEWED,
    TransactionImport.Status.UNDOING: TransactionImport.Status.APPLIED,
}


def _exhausted(batch: TransactionImport) -> str:
    if batch.status == TransactionImport.Status.UNDOING:
        return _("This was tried several times and never came to an end. Nothing was taken out.")
    return _("This was tried several times and never came to an end. Split the file.")


def _person(user_id: UUID | str | None) -> User:
    found = User.objects.filter(pk=user_id).first() if user_id else None
    if found is None:
        raise NotFound
    return found


@transaction.atomic
def _give_up(batch: TransactionImport, reason: str) -> str:
    """Leave a new file that cannot be read as failed, any other as it was before, with the reason."""
    job = batch.summary.pop("job", {})
    is_new = batch.status == TransactionImport.Status.READING and "mapping" not in job
    before = _BEFORE[TransactionImport.Status(batch.status)]
    status = TransactionImport.Status.FAILED if is_new else before
    batch.summary["failure"] = reason
    ended = TransactionImport.objects.filter(pk=batch.pk, status=batch.status).update(
        status=status,
        summary=batch.summary,
        mapping=job.get("mapping", batch.mapping),
        claimed_at=None,
        updated_at=clock.now(),
    )
    asked_by = UUID(job["user_id"]) if job.get("user_id") else batch.user_id
    if ended:
        finished(batch, asked_by, "failed", 0)
    return str(status)


def _key(import_id: UUID) -> str:
    return f"import-step:{import_id}"


def _tell(import_id: UUID, step: str) -> None:
    cache.set(_key(import_id), step, timeout=int(STALE.total_seconds()))


def step_of(batch: TransactionImport) -> str:
    """Answer the step that a task is at with a file, "" where nobody has begun or it is done."""
    return str(cache.get(_key(batch.pk)) or "") if batch.status in _AT_WORK else ""


def is_large(content: bytes) -> bool:
    """Tell whether a file is one for a task."""
    return len(content) >= READ_FROM


def has_many_rows(batch: TransactionImport) -> bool:
    """Tell whether bringing a file in is work for a task."""
    require_status(batch, TransactionImport.Status.PREVIEWED)
    counts: dict[str, int] = batch.summary["counts"]
    return counts["new"] + counts["warning"] >= APPLY_FROM


def brought_many_rows(batch: TransactionImport) -> bool:
    """Tell whether taking an import out again is work for a task."""
    require_status(batch, TransactionImport.Status.APPLIED)
    return int(batch.summary["result"]["imported"]) >= APPLY_FROM
