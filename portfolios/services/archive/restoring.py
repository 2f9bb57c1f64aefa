"""Bring an archive in: all that is not there yet, or nothing."""

from __future__ import annotations

from typing import IO, Any, Final
from uuid import UUID

from django.db import transaction

from core import audit
from core.actor import Actor
from core.bundle import BundleReader
from core.errors import NotFound
from core.models import LIVE_WORLD
from market.services import restoring as market
from portfolios.locks import lock_archives_of
from portfolios.selectors.archive import FORM, MEMBERS, VERSION
from portfolios.services.archive.batches import restore_imports
from portfolios.services.archive.context import IdTaken, Restoration
from portfolios.services.archive.entries import restore_entries, restore_lots
from portfolios.services.archive.headers import note_portfolios, restore_portfolios
from portfolios.services.archive.history import restore_history, restore_own
from portfolios.services.bulk import uncollected
from portfolios.services.revisions import bump

MOST_UNPACKED: Final = 512 * 1024 * 1024


def opened(file: IO[bytes], *, most_bytes: int = MOST_UNPACKED) -> BundleReader:
    """Check an archive as a whole: its form, its members and their sums.

    Raises:
        BrokenArchive: it is none, is damaged, or is made to do harm; names the member.
        TooLarge: it holds more than `most_bytes` unpacked.
    """
    return BundleReader(file, form=FORM, version=VERSION, members=MEMBERS, most_bytes=most_bytes)


@transaction.atomic
def import_archive(*, actor: Actor, owner_id: UUID, bundle: BundleReader) -> dict[str, Any]:
    """Make the portfolios of an archive that `owner_id` does not have; they will own them, alone.

    Ids stay as they are unless they are somebody else's here. Instruments, prices and rates that are here
    stand; what is missing is made public where the actor may do that as staff, else the owner's own. The
    answer tells what was made and what was there.

    Raises:
        BrokenArchive: a line says what cannot be; names member, line and field. Nothing is stored.
        NotFound: a person brings in portfolios for somebody else.
    """
    if actor.user_id not in {None, owner_id}:
        raise NotFound
    lock_archives_of(owner_id)
    try:
        with transaction.atomic():
            work = _restored(Restoration(actor, owner_id, bundle))
    except IdTaken:  # by something smaller than a portfolio
        work = _as_copy(Restoration(actor, owner_id, bundle, is_copy=True))
    for portfolio in work.portfolios.values():
        bump(portfolio)
    audit.record(
        actor=actor, verb="archive.imported", object_type="user", object_id=owner_id, after=work.result
    )
    return work.result


def _as_copy(work: Restoration) -> Restoration:
    try:
        return _restored(work)
    except IdTaken as error:
        raise error.refusal from error


def _restored(work: Restoration) -> Restoration:
    with uncollected():
        note_portfolios(work)
        if not all(one["there"] for one in work.result["portfolios"]):
            _restore_market(work)
            restore_portfolios(work)
            restore_imports(work)
            restore_entries(work)
            restore_lots(work)
            restore_history(work)
            restore_own(work)
    return work


def _restore_market(work: Restoration) -> None:
    market.restore_exchanges(actor=work.actor, rows=work.rows("exchanges"))
    with work.storing("instruments"):
        work.found = market.restore_instruments(
            actor=work.actor, owner_id=work.owner_id, rows=work.rows("instruments")
        )
    with work.storing("corporate_actions"):
        actions = market.restore_actions(found=work.found, rows=work.rows("corporate_actions"))
    with work.storing("prices"):
        prices = market.restore_bars(found=work.found, world_id=LIVE_WORLD, rows=work.rows("prices"))
    with work.storing("rates"):
        rates = market.restore_rates(
            actor=work.actor, owner_id=work.owner_id, world_id=LIVE_WORLD, rows=work.rows("rates")
        )
    found = work.found
    made = [one for one in found.here.values() if one.id in found.made]
    work.result["instruments"] = {
        "there": len(found.here) - len(made),
        "public": sum(1 for one in made if one.owner_id is None),
        "own": sum(1 for one in made if one.owner_id is not None),
        "renamed": len(found.renamed),
        "unlisted": sorted(found.unlisted),
    }
    work.result |= {"corporate_actions": actions, "prices": prices, "rates": rates}
