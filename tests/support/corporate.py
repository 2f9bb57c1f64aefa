"""Corporate actions for tests: builders, and random chains of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from uuid import NAMESPACE_URL, uuid5

from hypothesis import strategies as st

from market.domain.actions import Action, ActionKind
from tests.support.ledgers import CURRENCIES, QUOTED, booleans, days, figures, integers, money, one_of

_numbers = count(1)
_RATIOS = [(1, 1), (1, 2), (3, 7), (5, 1), (1, 13)]


def action(day: str | date, kind: str, instrument: int, **more: object) -> Action:
    """Build an action: `action("2024-03-01", "merger", 1, target=2, ratio=(1, 2), cash=5)`."""
    number = next(_numbers)
    numerator, denominator = more.pop("ratio", (0, 1))  # type: ignore[misc]
    amounts = {
        name: money(str(more.pop(name))) for name in ("cash", "cost_share", "cash_in_lieu") if name in more
    }
    return Action(
        id=uuid5(NAMESPACE_URL, str(number)),
        sequence=number,
        kind=ActionKind(kind),
        instrument=instrument,
        ex_date=date.fromisoformat(day) if isinstance(day, str) else day,
        target=more.pop("target", None),  # type: ignore[arg-type]
        numerator=numerator,
        denominator=denominator,
        currency=str(more.pop("currency", "EUR")),
        pays_out=bool(more.pop("pays_out", False)),
        **amounts,
    )


@st.composite
def random_action(draw: st.DrawFn) -> Action:
    """Draw one action of any kind."""
    kind = draw(one_of(*ActionKind))
    instrument = draw(one_of(*QUOTED))
    more: dict[str, object] = {"currency": draw(one_of(*CURRENCIES))}
    units = kind is ActionKind.SPIN_OFF or (kind is ActionKind.MERGER and draw(integers(0, 3)) > 0)
    if units:
        more["target"] = draw(one_of(*(one for one in QUOTED if one != instrument)))
        more["ratio"] = draw(one_of(*_RATIOS))
    if kind is ActionKind.CASH_IN_LIEU or (units and draw(booleans())):
        more["cash_in_lieu"] = draw(figures("0.01", "90", 2))
    if kind is ActionKind.MERGER and (not units or draw(booleans())):
        more["cash"] = draw(figures("0.01", "90", 2))
    if kind is ActionKind.SPIN_OFF or ("cash" in more and units):
        more["cost_share"] = draw(one_of("0", "0.2", "0.333333", "0.97", "1"))
    if kind is ActionKind.DELISTING:
        more["pays_out"] = draw(booleans())
        more["cash"] = draw(st.sampled_from([Decimal(0), draw(figures("0.01", "90", 2))]))
        more["currency"] = QUOTED[instrument]
    return action(draw(days()), kind, instrument, **more)


def chains(most: int = 4) -> st.SearchStrategy[list[Action]]:
    """Draw chains of actions, some of which meet each other's results."""
    return st.lists(random_action(), max_size=most)
