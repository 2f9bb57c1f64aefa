"""A person with two portfolios that hold everything a portfolio can, and an instance to bring them to."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from core.actor import Actor
from core.models import Role
from market.models import (
    CorporateAction,
    DailyBar,
    Exchange,
    FxRate,
    Instrument,
    RateRevision,
    SymbolSpan,
)
from market.services.rates import RateRow, set_rates
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, PortfolioMember, QualityDismissal
from portfolios.selectors.archive import MEMBERS
from portfolios.selectors.benchmarks import Part
from portfolios.selectors.ledger import memory, read
from portfolios.selectors.quality.found import issues_of
from portfolios.services import imports, tags, targets
from portfolios.services.archive import export_archive, import_archive, opened
from portfolios.services.benchmarks import choose_benchmark
from portfolios.services.inputs import LotPick, TransactionInput
from portfolios.services.portfolios import create_portfolio
from portfolios.services.transactions import add_transactions, change_transaction, delete_transaction
from portfolios.services.transfers import move_in_kind

Tables = dict[str, list[dict[str, Any]]]
CSV = (
    "date,type,symbol,quantity,price,fee,currency\n"
    "2024-01-10,buy,ACME,10,5.5,1,EUR\n"
    "2024-01-11,buy,ACME,4,6,0,EUR\n"
    "2024-01-12,dividend,ACME,10,0.1,0,EUR\n"
    "broken,buy,ACME,1,1,0,EUR\n"
)


def at(day: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:30:15.123456+00:00")


def listing(symbol: str, currency: str, closes: dict[str, str], **fields: Any) -> Instrument:
    made = Instrument.objects.create(symbol=symbol, name=f"{symbol} Inc.", currency=currency, **fields)
    DailyBar.objects.bulk_create(
        DailyBar(instrument=made, date=date.fromisoformat(day), close=Decimal(close), source="test")
        for day, close in closes.items()
    )
    return made


def rate(base: str, quote: str, day: str, value: str) -> None:
    FxRate.objects.create(
        base=base, quote=quote, date=date.fromisoformat(day), rate=Decimal(value), source="test"
    )


def market_of(user: User) -> SimpleNamespace:
    """Make a market with a venue, public and private listings, rates and actions of several kinds."""
    Exchange.objects.update_or_create(
        mic="XTST", defaults={"name": "Test", "time_zone": "Europe/Paris", "country": "FR"}
    )
    closes = {
        "2023-12-29": "5",
        "2024-01-15": "6.25",
        "2024-02-15": "7.123456789012345678",
        "2024-05-02": "3.5",
    }
    found = SimpleNamespace(
        acme=listing(
            "ACME", "EUR", closes, isin="FR0000000017", exchange_id="XTST", sector="Steel", country="FR"
        ),
        pence=listing("PNCE", "GBP", {"2024-01-02": "250"}, quote_unit=Decimal("0.01")),
        index=listing("IDX", "USD", {"2023-12-29": "100", "2024-03-01": "110"}, kind="index"),
        child=listing("CHLD", "EUR", {"2024-03-04": "2"}),
        heir=listing("HEIR", "EUR", {"2024-03-20": "9"}),
        house=listing("HOUSE", "USD", {"2024-01-02": "1000"}, owner=user, kind="fund"),
    )
    SymbolSpan.objects.create(
        instrument=found.pence, symbol="OLDP", valid_from=date(2000, 1, 1), valid_to=date(2024, 1, 5)
    )
    SymbolSpan.objects.create(instrument=found.pence, symbol="PNCE", valid_from=date(2024, 1, 5))
    for base, value in (("USD", "0.9"), ("GBP", "1.15"), ("CHF", "1.05")):
        rate(base, "EUR", "2023-12-01", value)
    RateRevision.objects.create(owner=None, value=1)
    actions(found)
    bars = DailyBar.objects.filter(instrument=found.heir)
    bars.update(adjusted_as_of=date(2024, 4, 1), given_close=Decimal(9), given_volume=Decimal(100))
    return found


def actions(found: SimpleNamespace) -> None:
    def action(instrument: Instrument, kind: str, day: str, **fields: Any) -> None:
        CorporateAction.objects.create(
            instrument=instrument, kind=kind, ex_date=date.fromisoformat(day), source="test", **fields
        )

    two = {"numerator": Decimal(2), "denominator": Decimal(1)}
    action(found.acme, "split", "2024-03-01", **two)
    action(
        found.acme,
        "dividend",
        "2024-01-12",
        amount=Decimal("0.1"),
        currency="EUR",
        pay_date=date(2024, 1, 12),
    )
    action(found.acme, "spin_off", "2024-03-05", target=found.child, cost_share=Decimal("0.25"), **two)
    action(found.pence, "symbol_change", "2024-01-05", old_symbol="OLDP", new_symbol="PNCE")
    action(
        found.child, "merger", "2024-03-20", target=found.heir, numerator=Decimal(1), denominator=Decimal(2),
        amount=Decimal("0.5"), currency="CHF", cost_share=Decimal("0.9"),
    )  # fmt: skip
    action(found.house, "delisting", "2024-06-01", amount=Decimal(900), currency="USD", pays_out=True)


def entry(
    kind: str, day: str, instrument: Instrument | None, quantity: str, price: str | None = "1", **more: Any
) -> TransactionInput:
    more.setdefault("currency", instrument.currency if instrument else "EUR")
    return TransactionInput(
        kind=EntryKind(kind), time=at(day), instrument=instrument, quantity=Decimal(quantity),
        price=None if price is None else Decimal(price), **more,
    )  # fmt: skip


def everything() -> SimpleNamespace:
    """Make the person with all of it."""
    user = User.objects.create_user("ida@example.org", "x", base_currency="EUR")
    other = User.objects.create_user("otto@example.org", "x")
    actor, market = Actor.user(user), market_of(user)
    set_rates(actor=actor, rows=[RateRow("USD", "EUR", date(2024, 2, 1), Decimal("0.95"))])
    main = create_portfolio(
        actor=actor, owner_id=user.pk, name="Main “=1+1”", currency="EUR", time_zone="Asia/Tokyo",
        fees_in_basis=True, cost_method="fifo", tax_year_start="04-06", long_after_days=365, note="Ümlaut\n2",
    )  # fmt: skip
    side = create_portfolio(
        actor=actor, owner_id=user.pk, name="Side", currency="USD", time_zone="America/New_York",
        allow_short=True, tracks_cash=False, cost_method="hifo", benchmark=market.index,
    )  # fmt: skip
    Portfolio.objects.filter(pk=side.pk).update(default_for=user)
    PortfolioMember.objects.create(portfolio=main, user=other, role=Role.EDITOR)
    world = SimpleNamespace(user=user, other=other, actor=actor, market=market, main=main, side=side)
    _book(world)
    _beside(world)
    memory.clear()
    return world


def _book(world: SimpleNamespace) -> None:
    actor, market, main, side = world.actor, world.market, world.main, world.side
    first, second = (_imported(world, text) for text in (CSV, CSV.replace("buy,ACME,4", "buy,ACME,5")))
    imports.undo_import(actor=actor, portfolio_id=main.pk, import_id=second.pk)
    world.batch = first
    world.rows = add_transactions(
        actor=actor, portfolio_id=main.pk,
        inputs=[
            entry("deposit", "2024-01-02", None, "10000", fee=Decimal("1.5"), fee_currency="CHF"),
            entry(
                "buy", "2024-01-03", market.pence, "20", "2.5", fx_rate=Decimal("1.17"), external_id="=X-1"
            ),
            entry(
                "buy", "2024-01-15", market.acme, "8", "6.000000000000000001", tax=Decimal("0.3"),
                tax_currency="USD",
            ),
            entry("buy", "2024-01-16", market.house, "3", "990", note="'quoted\nnote"),
            entry("transfer_in", "2024-01-17", market.acme, "2", None),
            entry("interest", "2024-02-01", None, "-3.25"),
            entry("fee", "2024-02-02", None, "2", currency="USD"),
            entry("tax", "2024-02-03", market.acme, "-1"),
            entry("withdrawal", "2024-02-04", None, "100"),
        ],
    )  # fmt: skip
    picks = tuple(LotPick(transaction=world.rows[at_].pk, quantity=Decimal(2)) for at_ in (4, 2))
    add_transactions(
        actor=actor,
        portfolio_id=main.pk,
        inputs=[entry("sell", "2024-02-20", market.acme, "4", "7.5", lots=picks)],
    )
    add_transactions(
        actor=actor, portfolio_id=side.pk, inputs=[entry("sell", "2024-01-05", market.heir, "3", "9")]
    )
    move_in_kind(
        actor=actor, portfolio_id=main.pk, to_id=side.pk, instrument=market.pence, quantity=Decimal(7),
        times=(at("2024-03-02"), at("2024-03-02", 13)), note="moved",
    )  # fmt: skip
    change_transaction(
        actor=Actor.user(world.other),
        portfolio_id=main.pk,
        transaction_id=world.rows[5].pk,
        changes={"quantity": Decimal("-3.5")},
    )
    change_transaction(
        actor=actor, portfolio_id=main.pk, transaction_id=world.rows[5].pk, changes={"note": "mended"}
    )
    delete_transaction(actor=actor, portfolio_id=main.pk, transaction_id=world.rows[8].pk)


def _imported(world: SimpleNamespace, text: str) -> Any:
    batch = imports.preview_import(
        user=world.user, portfolio_id=world.main.pk, file_name="bank.csv", content=text.encode()
    )
    return imports.apply_import(actor=world.actor, portfolio_id=world.main.pk, import_id=batch.pk)


def _beside(world: SimpleNamespace) -> None:
    actor, market, main, user = world.actor, world.market, world.main, world.user
    parts = [Part(market.acme, Decimal("0.7")), Part(market.index, Decimal("0.3"))]
    choose_benchmark(actor=actor, portfolio_id=main.pk, parts=parts)
    for grouping, rows in {
        "class": [("stock", "0.6", None), ("(cash)", "0.4", None)],
        "instrument": [(str(market.acme.uuid), "1", market.acme)],
    }.items():
        given = [
            targets.TargetInput(key=key, weight=Decimal(weight), instrument=one) for key, weight, one in rows
        ]
        targets.set_targets(actor=actor, portfolio_id=main.pk, grouping=grouping, targets=given)
    targets.set_lot_size(actor=actor, portfolio_id=main.pk, instrument=market.acme, size=Decimal("0.5"))
    tags.set_tags(actor=actor, user=user, instrument=market.acme.uuid, names=["Core", "steel"])
    whole = targets.TargetInput(key="Core, steel", weight=Decimal(1))
    targets.set_targets(actor=actor, portfolio_id=main.pk, grouping="tag", targets=[whole])
    # another member's words are in nobody else's archive
    tags.set_tags(
        actor=Actor.user(world.other), user=world.other, instrument=market.acme.uuid, names=["mine"]
    )
    hidden = targets.TargetInput(key="mine", weight=Decimal(1))
    targets.set_targets(actor=Actor.user(world.other), portfolio_id=main.pk, grouping="tag", targets=[hidden])
    imports.save_preset(
        actor=actor,
        user=user,
        name="Bank",
        mapping={"date_order": "dmy", "symbols": {"A": str(market.acme.uuid)}},
    )
    found = issues_of(read(main))
    assert len(found) > 1
    QualityDismissal.objects.create(
        portfolio=main, issue_id=found[0].id, code=found[0].check.code, dismissed_by=user.pk
    )


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def archived(world: SimpleNamespace, **given: Any) -> bytes:
    with export_archive(actor=world.actor, owner=world.user, **given).file as file:
        return file.read()


def bring(data: bytes, owner: User, actor: Actor | None = None) -> dict[str, Any]:
    """Bring an archive in for an owner, as the platform unless said otherwise."""
    bundle = opened(io.BytesIO(data))
    return import_archive(actor=actor or Actor.system("test"), owner_id=owner.pk, bundle=bundle)


def tables(data: bytes) -> Tables:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: [json.loads(line) for line in archive.read(name).splitlines()] for name in MEMBERS}


def packed(found: Tables, *, manifest: Callable[[dict[str, Any]], None] = lambda _manifest: None) -> bytes:
    """Write an archive as a forger does: with sums that are right."""
    out, told = io.BytesIO(), []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in found.items():
            text = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
            archive.writestr(name, text)
            sum_ = hashlib.sha256(text).hexdigest()
            told.append({"path": name, "rows": len(rows), "bytes": len(text), "sha256": sum_})
        whole = {"format": "florin-portfolios", "version": 1, "portfolios": [], "members": told}
        manifest(whole)
        archive.writestr("manifest.json", json.dumps(whole))
    return out.getvalue()


def emptied(*, reference: bool = True) -> User:
    """Empty the instance of all people, portfolios and markets, of venues too; make a new person."""
    for model in (Portfolio, CorporateAction, Instrument, FxRate, RateRevision, User):
        model._default_manager.all().delete()
    if not reference:
        Exchange.objects.all().delete()
    memory.clear()
    return User.objects.create_user("new@example.org", "x", base_currency="EUR")


PATHS = (
    "", "/transactions?limit=500", "/valuation", "/positions", "/lots?day=2024-02-25", "/lots", "/disposals",
    "/series", "/performance", "/statement", "/allocation?by=sector", "/income", "/income/payments",
    "/realised-gains", "/risk", "/benchmark", "/benchmark-comparison", "/cost-methods", "/quality",
    "/targets", "/lot-sizes", "/rates-used", "/imports",
)  # fmt: skip


def figures(user: User, portfolio_id: Any) -> dict[str, Any]:
    """Read every figure of a portfolio from the API byte for byte, ids too, but for who its owner is."""
    client, found = client_of(user), {}
    for path in PATHS:
        answer = client.get(f"/api/v1/portfolios/{portfolio_id}{path}")
        found[path] = answer.status_code, re.sub(rb'"owner":\{.*?\}', b"", answer.content)
    return found
