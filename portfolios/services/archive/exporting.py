"""Take portfolios home: all that they are, as one file that imports anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from core import audit, clock
from core.actor import Actor
from core.archive import Archive, Part
from core.bundle import write_bundle
from core.snapshot import one_instant
from portfolios.selectors import archive as selected


def export_archive(*, actor: Actor, owner: Any, portfolio_ids: Iterable[UUID] | None = None) -> Archive:
    """Write the portfolios that `owner` owns, or those named, as they are at one instant.

    The same portfolios make the same bytes: nothing in the archive tells when it was made.

    Raises:
        NotFound: one of them is not the owner's, or the actor is another person.
        ValidationFailed: there are none.
        TimedOut: the request has no time left for that much.
    """
    with one_instant():
        portfolios = selected.chosen(owner, portfolio_ids)
        about = {"portfolios": [{"id": one.pk, "name": one.name} for one in portfolios]}
        bundle = write_bundle(
            selected.tables(portfolios, owner.pk), form=selected.FORM, version=selected.VERSION, about=about
        )
    parts = tuple(Part(one.path, one.rows, one.bytes, one.sha256) for one in bundle.members)
    if actor.user_id == owner.pk:
        return Archive(bundle.file, parts, clock.now())  # to read what is one's own writes nothing
    told = {"portfolios": [str(one.pk) for one in portfolios], "rows": sum(part.rows for part in parts)}
    audit.record(actor=actor, verb="archive.exported", object_type="user", object_id=owner.pk, after=told)
    return Archive(bundle.file, parts, clock.now())
