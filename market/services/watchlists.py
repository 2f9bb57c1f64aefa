"""Keep a person's watchlists: each has one writer at a time, so that limits and orders hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from market import locks
from market.errors import WatchlistFull
from market.models import Instrument, Watchlist, WatchlistItem
from market.models.watchlists import NAME_LENGTH
from market.selectors import instruments, watchlists

MOST_LISTS = 20
MOST_ITEMS = 200


@transaction.atomic
def create_watchlist(*, actor: Actor, user: Any, name: str) -> Watchlist:
    """Make an empty list of the person's, after their others.

    Raises:
        ValidationFailed: the name is empty or too long.
        Conflict: they have a list of that name.
        WatchlistFull: they have 20 lists.
    """
    _lock(actor, user)
    made = _create(user, _clean(name))
    _tell(actor, "watchlist.created", made, after={"name": made.name})
    return made


@transaction.atomic
def rename_watchlist(*, actor: Actor, user: Any, uuid: UUID, name: str) -> Watchlist:
    """Give a list another name.

    Raises:
        NotFound: there is none, or it is somebody else's.
        ValidationFailed: the name is empty or too long.
        Conflict: another list has it.
    """
    _lock(actor, user)
    found = watchlists.get(user, uuid)
    wanted, before = _clean(name), found.name
    if wanted != before:
        _refuse_taken(user, wanted, besides=found)
        found.name = wanted
        found.save(update_fields=["name", "updated_at"])
        _tell(actor, "watchlist.renamed", found, before={"name": before}, after={"name": wanted})
    return found


@transaction.atomic
def delete_watchlist(*, actor: Actor, user: Any, uuid: UUID) -> None:
    """Delete a list; what was on it stays what it is.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    _lock(actor, user)
    found = watchlists.get(user, uuid)
    symbols = [one.symbol for one in watchlists.instruments_on(user, [found]).get(found.pk, [])]
    _tell(actor, "watchlist.deleted", found, before={"name": found.name, "instruments": symbols})
    found.delete()


@transaction.atomic
def order_watchlists(*, actor: Actor, user: Any, uuids: Sequence[UUID]) -> None:
    """Put lists in an order; those that are not named follow as they stood.

    Raises:
        ValidationFailed: one of them is not the person's.
    """
    _lock(actor, user)
    lists = {one.uuid: one for one in watchlists.of_user(user)}
    _refuse_unknown("watchlists", uuids, lists)
    order = list(dict.fromkeys([*uuids, *lists]))
    for position, uuid in enumerate(order):
        lists[uuid].position = position
    Watchlist.objects.bulk_update(lists.values(), ["position"])


@transaction.atomic
def add_to_watchlist(*, actor: Actor, user: Any, uuid: UUID, instrument: UUID, at: int | None = None) -> bool:
    """Put an instrument on a list, at its end or at a place that counts from 0; False where it was on it.

    Raises:
        NotFound: there is no such list of theirs, or they see no such instrument.
        WatchlistFull: the list has 200 instruments.
    """
    _lock(actor, user)
    found, row = watchlists.get(user, uuid), instruments.get(user, instrument)
    added = _add(actor, found, row)
    if added and at is not None:
        _place(found, row, at)
    return added


@transaction.atomic
def remove_from_watchlist(*, actor: Actor, user: Any, uuid: UUID, instrument: UUID) -> bool:
    """Take an instrument off a list; False where it was not on it.

    Raises:
        NotFound: there is no such list of theirs, or they see no such instrument.
    """
    _lock(actor, user)
    return _remove(actor, watchlists.get(user, uuid), instruments.get(user, instrument))


@transaction.atomic
def order_items(*, actor: Actor, user: Any, uuid: UUID, order: Sequence[UUID]) -> None:
    """Put a list's instruments in an order; those that are not named follow as they stood.

    Raises:
        NotFound: there is none, or it is somebody else's.
        ValidationFailed: an instrument is not on the list.
    """
    _lock(actor, user)
    found = watchlists.get(user, uuid)
    items = {item.instrument.uuid: item for item in found.items.select_related("instrument")}
    _refuse_unknown("instruments", order, items)
    for position, one in enumerate(dict.fromkeys([*order, *items])):
        items[one].position = position
    WatchlistItem.objects.bulk_update(items.values(), ["position"])


@transaction.atomic
def move_in_watchlist(*, actor: Actor, user: Any, uuid: UUID, instrument: UUID, to: int) -> None:
    """Move an instrument to a place on its list, which counts from 0; past the end is the end.

    Raises:
        NotFound: there is no such list of theirs, or the instrument is not on it.
    """
    _lock(actor, user)
    found, row = watchlists.get(user, uuid), instruments.get(user, instrument)
    if not found.items.filter(instrument=row).exists():
        raise NotFound(_("%(symbol)s is not on the list.") % {"symbol": row.symbol})
    _place(found, row, to)


@transaction.atomic
def star(*, actor: Actor, user: Any, instrument: UUID) -> Watchlist:
    """Watch an instrument: on the person's first list, which is made where they have none.

    Raises:
        NotFound: they see no such instrument.
        WatchlistFull: the list has 200 instruments.
    """
    _lock(actor, user)
    row = instruments.get(user, instrument)
    first = watchlists.of_user(user).first() or _create(user, _("Watchlist"))
    _add(actor, first, row)
    return first


@transaction.atomic
def unstar(*, actor: Actor, user: Any, instrument: UUID) -> list[Watchlist]:
    """Watch an instrument no longer: take it off every list; answer those that it was on.

    Raises:
        NotFound: they see no such instrument.
    """
    _lock(actor, user)
    row = instruments.get(user, instrument)
    return [one for one in watchlists.of_user(user) if _remove(actor, one, row)]


def _lock(actor: Actor, user: Any) -> None:
    if actor.user_id not in {None, user.pk}:
        raise Forbidden(_("Watchlists are private."))
    locks.watchlists(user.pk)


def _create(user: Any, name: str) -> Watchlist:
    _refuse_taken(user, name)
    own = Watchlist.objects.filter(owner=user.pk)
    if own.count() >= MOST_LISTS:
        raise WatchlistFull(_("You have %(most)s watchlists, which is the most.") % {"most": MOST_LISTS})
    last = own.aggregate(last=Max("position"))["last"]
    return Watchlist.objects.create(owner=user, name=name, position=0 if last is None else last + 1)


def _refuse_taken(user: Any, name: str, besides: Watchlist | None = None) -> None:
    others = Watchlist.objects.filter(owner=user.pk, name__iexact=name)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if others.exists():
        raise Conflict(_("You have a watchlist of that name."))


def _clean(name: str) -> str:
    words = " ".join(name.split())
    if not words:
        raise ValidationFailed.of("name", _("A watchlist needs a name."), "blank")
    if len(words) > NAME_LENGTH:
        message = _("A name has at most %(most)s characters.") % {"most": NAME_LENGTH}
        raise ValidationFailed.of("name", message, "max_length")
    return words


def _refuse_unknown(field: str, named: Sequence[UUID], known: dict[UUID, Any]) -> None:
    if set(named) - set(known):
        raise ValidationFailed.of(field, _("One of these is not there any more. Load the page anew."))


def _add(actor: Actor, watchlist: Watchlist, instrument: Instrument) -> bool:
    on_it = WatchlistItem.objects.filter(watchlist=watchlist)
    if on_it.filter(instrument=instrument).exists():
        return False
    if on_it.count() >= MOST_ITEMS:
        message = _("“%(name)s” has %(most)s instruments, which is the most.")
        raise WatchlistFull(message % {"name": watchlist.name, "most": MOST_ITEMS})
    last = on_it.aggregate(last=Max("position"))["last"]
    WatchlistItem.objects.create(
        watchlist=watchlist, instrument=instrument, position=0 if last is None else last + 1
    )
    _tell(actor, "watchlist.item_added", watchlist, after={"instrument": str(instrument.uuid)})
    return True


def _remove(actor: Actor, watchlist: Watchlist, instrument: Instrument) -> bool:
    gone, _kinds = WatchlistItem.objects.filter(watchlist=watchlist, instrument=instrument).delete()
    if gone:
        _tell(actor, "watchlist.item_removed", watchlist, before={"instrument": str(instrument.uuid)})
    return bool(gone)


def _place(watchlist: Watchlist, instrument: Instrument, at: int) -> None:
    items = list(watchlist.items.all())
    moved = next(item for item in items if item.instrument_id == instrument.pk)
    items.remove(moved)
    items.insert(at, moved)
    for position, item in enumerate(items):
        item.position = position
    WatchlistItem.objects.bulk_update(items, ["position"])


def _tell(
    actor: Actor,
    verb: str,
    watchlist: Watchlist,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        object_type="watchlist",
        object_id=watchlist.uuid,
        before=before,
        after=after,
    )
