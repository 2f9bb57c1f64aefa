"""Ports: what a lower room needs to ask of the higher ones without knowing them.

A lower room calls `port.collect(…)`; each higher room registers its answer in its
`apps.ready()`. `manage.py check` and the tests see who answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, ParamSpec, TypeVar
from uuid import UUID

P = ParamSpec("P")
R = TypeVar("R")


class Port(Generic[P, R]):
    """A question that several rooms can answer; `upper_first` asks the highest room before those below."""

    def __init__(self, name: str, *, upper_first: bool = False) -> None:
        self.name = name
        self.upper_first = upper_first
        self._providers: dict[str, Callable[P, R]] = {}

    def register(self, name: str, provider: Callable[P, R]) -> None:
        """Add an answer under a unique name.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._providers:
            raise ValueError(f"{name} already answers {self.name}")
        self._providers[name] = provider

    def collect(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, R]:
        """Ask everybody; the answers come in order of registration (or from its end), by name."""
        return {name: self.ask(name, *args, **kwargs) for name in self.names()}

    def ask(self, name: str, *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask one of them."""
        return self._providers[name](*args, **kwargs)

    def names(self) -> list[str]:
        """Name who answers, in the order in which they are asked."""
        return list(reversed(self._providers)) if self.upper_first else list(self._providers)


@dataclass(frozen=True, slots=True)
class HealthResult:
    """What a health check found; `detail` names no secret and no address.

    What is not vital is told, and takes no process out of service: requests are answered right without it.
    """

    healthy: bool
    detail: str = ""
    is_vital: bool = True


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One row of the search box: what it is, where it leads."""

    title: str
    subtitle: str
    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class OwnTrade:
    """A trade of the reader's, as entered: `side` is buy or sell, `price` per unit in `currency`.

    `day` is the date in its portfolio's time zone; `where` names the portfolio.
    """

    day: date
    side: str
    quantity: Decimal
    price: Decimal
    currency: str
    where: str


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One line of a dashboard panel; `state` is good, warn or bad.

    `is_part`: it tells more of the line above, which says already whether something is wrong.
    """

    label: str
    value: str
    state: str = "good"
    url: str = ""
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """A small chart of counts: what it shows, and (what stands under a column, its count) in order."""

    label: str
    values: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel of the admin's dashboard."""

    title: str
    rows: list[PanelRow] = field(default_factory=list)
    chart: Columns | None = None


class PanelPort(Port[[], Panel]):
    """The panels of the dashboard; each names the permissions that who looks at it must have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._needs: dict[str, tuple[str, ...]] = {}

    def register(self, name: str, provider: Callable[[], Panel], *, needs: Iterable[str] = ()) -> None:
        """Add a panel under a unique name, for staff with all the permissions in `needs`.

        Raises:
            ValueError: the name is taken.
        """
        super().register(name, provider)
        self._needs[name] = tuple(needs)

    def needs(self, name: str) -> tuple[str, ...]:
        """Name the permissions that a panel asks for."""
        return self._needs[name]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation of keys found in one place: secrets encrypted anew, and those that no key opens."""

    renewed: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """Rows of one model that belong to a person, read when `rows` is walked.

    A cell is a text, a number, a UUID, a date or an instant (UTC), JSON, or None. `fields` names
    what of the model the columns tell, so that a test finds what nobody decided on.
    """

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Sequence[Any]]
    model: str
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that goes with a person's account, said in words."""

    name: str
    detail: str


health_checks: Port[[], HealthResult] = Port("health_checks")
search: Port[[Any, str, int], list[SearchHit]] = Port("search")
admin_panels = PanelPort("admin_panels")
held_instruments: Port[[], Iterable[int]] = Port("held_instruments")
# a user's trades of an instrument, oldest first
own_trades: Port[[Any, int], list[OwnTrade]] = Port("own_trades")
instrument_in_use: Port[[int], bool] = Port("instrument_in_use")
# by the role's name; see core.roles
staff_powers: Port[[], Mapping[str, Iterable[str]]] = Port("staff_powers")
secret_places: Port[[int], Rotated] = Port("secret_places")
personal_tables: Port[[UUID], Iterable[PersonalTable]] = Port("personal_tables")
# In the transaction that erases a person; the person's row goes after them. What points at another's
# rows is above them, so it goes first.
personal_erasers: Port[[UUID], None] = Port("personal_erasers", upper_first=True)
erasure_losses: Port[[UUID], list[Loss]] = Port("erasure_losses")
