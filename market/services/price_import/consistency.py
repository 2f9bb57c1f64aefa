"""What a file says beside what is known: raw bars stay, and prices go through splits as they were traded."""

from __future__ import annotations

from collections.abc import Iterable

from market.domain.bars import Fault
from market.domain.basis import agree
from market.domain.jumps import Across
from market.domain.price_files.faults import Reject
from market.models import Instrument
from market.selectors import actions, price_checks
from market.selectors.price_doubts import contradiction
from market.services import texts
from market.services.price_import.conversion import Conversion
from market.services.price_import.store import Incoming

Rejects = list[tuple[int, Reject]]


def beside_raw(incoming: Incoming, conversion: Conversion, world_id: int) -> tuple[Rejects, int]:
    """Take out rows of days that have a raw bar.

    Answers those that are another price than the stored one, as (table, reject), and how many are the same.
    """
    rejects: Rejects = []
    rows = incoming.take_out_over_raw(world_id)
    for one in rows:
        by = conversion.ratio(one.instrument, one.day.toordinal())
        if not agree(one.stored, one.given, by):
            about = texts.two_closes(one.day, one.stored, one.converted)
            rejects.append((one.member, Reject(one.line, Fault.RAW_IS_KNOWN, about)))
    return rejects, len(rows) - len(rejects)


def against_splits(incoming: Incoming, instruments: Iterable[int], world_id: int) -> tuple[Rejects, set[int]]:
    """Take out all rows of instruments whose prices, with the stored ones, contradict a known split.

    Answers the rows, as (table, reject), and the instruments. What was stored before and contradicts a
    split without any row of the file is not the file's fault.
    """
    splits = actions.splits(instruments)
    if not splits:
        return [], set()
    fresh = incoming.closes_near(splits)
    wrong: dict[int, Across] = {}
    for one in price_checks.contradicted(world_id, splits, fresh):
        days = fresh.get(one.instrument, {})
        if one.before_day in days or one.after_day in days:
            wrong.setdefault(one.instrument, one)
    symbols = dict(Instrument.objects.filter(id__in=wrong).values_list("id", "symbol"))
    said = {key: contradiction(one, symbols[key]) for key, one in wrong.items()}
    rows = incoming.take_out(sorted(wrong)) if wrong else []
    rejects = [
        (table, Reject(line, Fault.AGAINST_SPLIT, said[instrument])) for table, line, instrument in rows
    ]
    return rejects, set(wrong)
