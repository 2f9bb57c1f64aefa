"""What is damaged, forged or made to do harm is refused whole, with the member and the line."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker

from accounts.models import User
from core.actor import Actor
from core.errors import BrokenArchive, DomainError, TooLarge
from core.models import AuditEvent
from market.models import DailyBar, FxRate, Instrument
from portfolios.models import Portfolio, PortfolioMember, Transaction
from portfolios.selectors.archive import MEMBERS
from portfolios.services.archive import opened
from tests.support.archives import Tables, archived, bring, everything, packed, tables


@pytest.fixture(scope="module")
def made(standing: None, django_db_blocker: DjangoDbBlocker) -> SimpleNamespace:
    """Hold the scene, its archive and somebody else, for all tests of this module."""
    with django_db_blocker.unblock():
        world = everything()
        world.data = archived(world)
        world.guest = User.objects.create_user("guest@example.org", "x")
        return world


@pytest.fixture(autouse=True)
def _rows(db: None, made: SimpleNamespace) -> None: ...


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def state() -> tuple[int, ...]:
    models = (Portfolio, PortfolioMember, Transaction, Instrument, DailyBar, FxRate, AuditEvent)
    return tuple(model._default_manager.count() for model in models)


def refused(data: bytes, owner: User, actor: Actor | None = None) -> DomainError:
    before = state()
    with pytest.raises(DomainError) as caught:
        bring(data, owner, actor)
    assert state() == before
    return caught.value


def test_forged_sums_alone_change_nothing(made: SimpleNamespace) -> None:
    assert bring(packed(tables(made.data)), made.guest)["portfolios"][0]["there"] is False


def test_what_was_cut_short_or_changed_is_refused_before_anything_is_read(made: SimpleNamespace) -> None:
    data = made.data
    assert "ZIP" in refused(data[: len(data) // 2], made.guest).detail
    assert "ZIP" in refused(b"", made.guest).detail
    at = data.index(b"transactions.jsonl") + 200
    changed = bytearray(data)
    changed[at] ^= 0xFF
    assert refused(bytes(changed), made.guest).member == "transactions.jsonl"  # type: ignore[attr-defined]
    lost = tables(data)
    lost["transactions.jsonl"].pop()
    wrong = packed(lost, manifest=lambda one: one["members"][8].update(rows=99))
    assert refused(wrong, made.guest).member == "transactions.jsonl"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda one: one.update(format="other"), "format"),
        (lambda one: one.update(version=2), "version"),
        (lambda one: one["members"].pop(), "members"),
        (lambda one: one["members"].append(one["members"][0]), "members"),
        (lambda one: one["members"][0].update(rows="1"), "members"),
        (lambda one: one.update(members=7), "members"),
    ],
)
def test_manifest_of_another_kind_is_refused(made: SimpleNamespace, change: Any, field: str) -> None:
    found = refused(packed(tables(made.data), manifest=change), made.guest)
    assert (found.member, found.errors[0].field) == ("manifest.json", f"manifest.json.{field}")  # type: ignore[attr-defined]


def test_bombs_are_refused_unopened(made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = dict.fromkeys((*MEMBERS, "manifest.json"), b"")
    dense = zipped(**(whole | {"prices.jsonl": b"0" * 8_000_000}))
    assert refused(dense, made.guest).member == "prices.jsonl"  # type: ignore[attr-defined]
    assert "../evil" in refused(zipped(**whole, **{"../evil": b""}), made.guest).detail
    missing = {name: data for name, data in whole.items() if name != "rates.jsonl"}
    assert "rates.jsonl" in refused(zipped(**missing), made.guest).detail
    with pytest.raises(TooLarge):
        opened(io.BytesIO(made.data), most_bytes=10_000)


def forged(member: str, line: int, **values: Any) -> Callable[[Tables], None]:
    """Change values of one line; None takes one out."""

    def change(found: Tables) -> None:
        row = found[f"{member}.jsonl"][line]
        row.update(values)
        for name in [name for name, value in values.items() if value is None]:
            del row[name]

    return change


STRANGE = str(uuid4())
FORGERIES = {
    "a field that the format lacks": (forged("portfolios", 0, members=["x"]), "portfolios:1.members"),
    "a simulated portfolio": (forged("portfolios", 0, kind="simulated"), "portfolios:1.kind"),
    "a managed portfolio": (forged("portfolios", 0, managed_by=STRANGE), "portfolios:1.managed_by"),
    "another world": (forged("portfolios", 0, world=2), "portfolios:1.world"),
    "an owner": (forged("portfolios", 0, owner=STRANGE), "portfolios:1.owner"),
    "an owner of an instrument": (forged("instruments", 0, owner=STRANGE), "instruments:1.owner"),
    "no such time zone": (forged("portfolios", 0, time_zone="Mars/Base"), "portfolios:1.time_zone"),
    "no currency": (forged("portfolios", 0, currency="euro"), "portfolios:1.currency"),
    "an id that is none": (forged("portfolios", 0, id="1"), "portfolios:1.id"),
    "another portfolio's transaction": (
        forged("transactions", 2, portfolio=STRANGE), "transactions:3.portfolio"
    ),
    "another's instrument": (forged("transactions", 0, instrument=STRANGE), "transactions:1.instrument"),
    "another's import": (forged("transactions", 0, **{"import": STRANGE}), "transactions:1.import"),
    "a binary fraction": (forged("transactions", 0, quantity=0.1), "transactions:1.quantity"),
    "an exponent": (forged("transactions", 0, quantity="1E+9"), "transactions:1.quantity"),
    "not a number": (forged("transactions", 0, quantity="NaN"), "transactions:1.quantity"),
    "too fine": (forged("transactions", 0, quantity="0.0000000000000000001"), "transactions:1.quantity"),
    "a broken rule": (forged("transactions", 0, quantity="-5"), "transactions:1.quantity"),
    "a negative fee": (forged("transactions", 0, fee="-1"), "transactions:1.fee"),
    "a subunit": (forged("transactions", 0, currency="GBX"), "transactions:1.currency"),
    "a kind of its own": (forged("transactions", 0, kind="gift"), "transactions:1.kind"),
    "a local time": (forged("transactions", 0, time="2024-01-02T12:00:00"), "transactions:1.time"),
    "text that no database stores": (forged("transactions", 0, note="a\0b"), "transactions:1"),
    "a price below 0": (forged("prices", 0, close="-1"), "prices:1.close"),
    "a price to come": (forged("prices", 0, date="2999-01-01"), "prices:1.date"),
    "a price twice": (forged("prices", 1, date="2023-12-29"), "prices:2.date"),
    "a price adjusted as of before": (
        forged("prices", 0, adjusted_as_of="2023-12-28", given_close="5"), "prices:1.adjusted_as_of"
    ),
    "a price adjusted to 0": (
        forged("prices", 0, adjusted_as_of="2023-12-30", given_close="0"), "prices:1.given_close"
    ),
    "an adjusted price of no day": (forged("prices", 0, given_close="5"), "prices:1.given_close"),
    "a rate of 0": (forged("rates", 0, rate="0"), "rates:1.rate"),
    "an action into nothing": (forged("corporate_actions", 2, target=STRANGE), "corporate_actions:3.target"),
    "an action without its ratio": (
        forged("corporate_actions", 0, numerator=None), "corporate_actions:1.kind"
    ),
    "a choice of another's lot": (
        forged("lots_chosen", 0, acquisition=STRANGE), "lots_chosen:1.acquisition"
    ),
    "lots that do not add up": (forged("lots_chosen", 0, quantity="1"), "lots_chosen"),
    "lots that come from nowhere": (forged("lots_carried", 0, source=STRANGE), "lots_carried:1.source"),
    "lots that are none": (
        forged("lots_carried", 0, lots=[{"acquired": "2024-01-01"}]), "lots_carried:1.quantity"
    ),
    "targets that do not add up": (
        lambda found: found["portfolios.jsonl"][0]["targets"][0].update(weight="0.5"), "portfolios:1.targets"
    ),
    "a former state that is none": (forged("revisions", 0, state={"quantity": "x"}), "revisions:1.state"),
    "a summary without counts": (
        lambda found: found["imports.jsonl"][0]["summary"].pop("counts"), "imports:1.summary"
    ),
    "a row that is none": (forged("import_rows", 0, row={"line": 1}), "import_rows:1.row"),
    "an import that was only looked at": (forged("imports", 0, status="reading"), "imports:1.status"),
    "a preset that is none": (forged("import_presets", 0, mapping={"x": 1}), "import_presets:1.mapping"),
    "a tag with a comma": (forged("tags", 0, name="a,b"), "tags:1.name"),
    "no such check": (forged("dismissals", 0, code="made-up"), "dismissals:1.code"),
    "a portfolio twice": (
        lambda found: found["portfolios.jsonl"].append(dict(found["portfolios.jsonl"][0])), "portfolios:3.id"
    ),
    "a transaction twice": (
        lambda found: found["transactions.jsonl"].append(dict(found["transactions.jsonl"][0])), "transactions"
    ),
    "a venue that is none": (forged("exchanges", 0, mic="XNEW", time_zone="Mars/Base"), "exchanges:1.mic"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused_with_their_place(made: SimpleNamespace, name: str) -> None:
    change, place = FORGERIES[name]
    found = tables(made.data)
    change(found)
    error = refused(packed(found), made.guest)
    assert isinstance(error, BrokenArchive)
    member, _, rest = place.partition(":")
    assert error.errors[0].field == f"{member}.jsonl" + (f":{rest}" if rest else "")
