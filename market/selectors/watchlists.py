"""Watchlists as their owner sees them, and what anybody watches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from market.models import Instrument, Watchlist, WatchlistItem
from market.selectors import listing
from market.selectors.listing import Row

# what a list shows of the past, beside the price of now
SPARK_CLOSES = 30


@dataclass(frozen=True, slots=True)
class WatchedList:
    """One list with its instruments in order, each with its newest price and its last 30 closes."""

    watchlist: Watchlist
    rows: list[Row]

    @property
    def key(self) -> str:
        """The list's id as text."""
        return str(self.watchlist.uuid)


def of_user(user: Any) -> QuerySet[Watchlist]:
    """List a person's watchlists in their order, each with `size`: how many instruments it shows."""
    seen = Q(items__instrument__owner=None) | Q(items__instrument__owner=user.pk)
    return Watchlist.objects.filter(owner=user.pk).annotate(size=Count("items", filter=seen))


def get(user: Any, uuid: UUID) -> Watchlist:
    """Return one of the person's lists.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = of_user(user).filter(uuid=uuid).first()
    if found is None:
        raise NotFound(_("There is no such watchlist."))
    return found


def instruments_on(user: Any, lists: Iterable[Watchlist]) -> dict[int, list[Instrument]]:
    """Tell the instruments of lists in their order, by the key of the list; only what the person may see."""
    found: dict[int, list[Instrument]] = defaultdict(list)
    for item in _items(user, lists):
        found[item.watchlist_id].append(item.instrument)
    return found


def shown(world_id: int, user: Any, lists: Sequence[Watchlist]) -> list[WatchedList]:
    """Give lists their instruments, prices and sparklines, in five queries however many there are."""
    held = instruments_on(user, lists)
    together = {one.pk: one for many in held.values() for one in many}
    rows = {
        row.instrument.pk: row for row in listing.rows(world_id, list(together.values()), closes=SPARK_CLOSES)
    }
    return [WatchedList(one, [rows[item.pk] for item in held.get(one.pk, [])]) for one in lists]


def starred(user: Any, instrument_ids: Iterable[int] | None = None) -> set[int]:
    """Tell which instruments (of these) are on any list of the person's."""
    items = WatchlistItem.objects.filter(watchlist__owner=user.pk)
    if instrument_ids is not None:
        items = items.filter(instrument__in=set(instrument_ids))
    return set(items.values_list("instrument", flat=True))


def lists_with(user: Any, instrument: Instrument) -> set[UUID]:
    """Tell which of the person's lists have an instrument."""
    items = WatchlistItem.objects.filter(watchlist__owner=user.pk, instrument=instrument)
    return set(items.values_list("watchlist__uuid", flat=True))


def watched_instruments() -> set[int]:
    """List the instruments that anybody watches: what prices are wanted for."""
    return set(WatchlistItem.objects.values_list("instrument", flat=True).distinct())


def _items(user: Any, lists: Iterable[Watchlist]) -> QuerySet[WatchlistItem]:
    seen = Q(instrument__owner=None) | Q(instrument__owner=user.pk)
    items = WatchlistItem.objects.filter(seen, watchlist__in=[one.pk for one in lists])
    return items.select_related("instrument__exchange").order_by("watchlist", "position", "id")
