"""What the stream of a person's portfolios says: what the page shows, and nothing of anybody else's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import orjson
import pytest
import time_machine

from core.errors import ValidationFailed
from core.models import LIVE_WORLD, Role
from market.domain.quotes import NewQuote
from market.services.quotes import record_quotes
from portfolios.consumers.figures import grouping_of, portfolios_of
from portfolios.models import PortfolioMember, Transaction
from portfolios.payloads.live import PortfolioFeed, Shown
from portfolios.selectors.valuation import GROUPINGS

NOON = datetime(2024, 3, 6, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def shares(listed):
    return [listed(name, "EUR", {"2024-03-05": "10"}) for name in ("ACME", "BOLT", "CORE")]


@pytest.fixture
def held(portfolio, shares):
    for sequence, one in enumerate(shares, start=1):
        Transaction.objects.create(
            portfolio=portfolio, kind="transfer_in", instrument=one, quantity=Decimal(1), currency="EUR",
            time=datetime(2024, 3, 4, 12, tzinfo=UTC), day=date(2024, 3, 4), sequence=sequence,
        )  # fmt: skip
    return portfolio


def tell(share, price: str, minutes: int = 0) -> None:
    quote = NewQuote(share.pk, Decimal(price), NOON + timedelta(minutes=minutes), "feed")
    record_quotes(world_id=LIVE_WORLD, batch=[quote])


def read(user, *topics: Shown) -> list[dict]:
    reading = PortfolioFeed().read(str(user.pk), None, [], topics)
    return [orjson.loads(reading.values[one]) for one in topics]


def test_columns_add_up_as_they_are_shown(investor, held, shares):
    # thirds of a cent: 10.003 and two of 10.004 make 30.011, which is shown as 30.01
    for share, price in zip(shares, ("10.003", "10.004", "10.004"), strict=True):
        tell(share, price)
    [now] = read(investor, Shown(held.pk, "instrument"))
    values = [Decimal(one["value"]) for one in now["positions"].values()]
    assert sum(values) == Decimal(now["totals"]["value"]) == Decimal("30.01")
    assert Decimal(now["total"]) == Decimal("30.011")
    assert now["day_change"] == "0.011"
    assert {one["price_at"] for one in now["positions"].values()} == {"2024-03-06T12:00:00Z"}


def test_everything_is_the_sum_of_the_portfolios(investor, held, shares):
    tell(shares[0], "12")
    everything, one = read(investor, Shown(None, "currency"), Shown(held.pk, "currency"))
    assert everything["total"] == one["total"] == everything["portfolios"][str(held.pk)]["value"] == "32"
    assert everything["positions"][str(shares[0].uuid)]["value"] == "12"
    assert everything["allocation"] == {
        "by": "currency",
        "items": [{"label": "EUR", "value": "32", "share": "1"}],
    }


def test_many_slices_are_told_as_the_donut_draws_them(investor, portfolio, listed):
    for sequence in range(1, 11):
        share = listed(f"S{sequence}", "EUR", {"2024-03-05": "10"})
        Transaction.objects.create(
            portfolio=portfolio, kind="transfer_in", instrument=share, quantity=Decimal(1), currency="EUR",
            time=datetime(2024, 3, 4, 12, tzinfo=UTC), day=date(2024, 3, 4), sequence=sequence,
        )  # fmt: skip
    [now] = read(investor, Shown(portfolio.pk, "instrument"))
    items = now["allocation"]["items"]
    assert len(items) == 8
    assert items[-1] == {"label": "3 others", "value": "30", "share": "0.3"}


def test_stream_stands_at_the_number_of_the_log(investor, held, shares):
    before = PortfolioFeed().read(str(investor.pk), None, [], []).seq
    tell(shares[0], "12")
    tell(shares[0], "13", minutes=1)
    assert PortfolioFeed().read(str(investor.pk), before, [], []).seq == before + 2


def test_what_has_not_changed_is_the_same_to_the_byte(investor, held, shares):
    shown = Shown(held.pk, "instrument")
    readings = [PortfolioFeed().read(str(investor.pk), 0, [shown], []).values[shown] for _ in range(2)]
    assert readings[0] == readings[1]


def test_portfolio_of_somebody_else_is_gone(stranger, held):
    assert read(stranger, Shown(held.pk, "instrument")) == [{"portfolio": str(held.pk), "gone": True}]
    assert read(stranger, Shown(None, "instrument"))[0]["positions"] == {}


def test_member_sees_it_until_they_are_removed(stranger, held):
    shown = Shown(held.pk, "instrument")
    member = PortfolioMember.objects.create(portfolio=held, user=stranger, role=Role.VIEWER)
    assert read(stranger, shown)[0]["total"] == "30"
    member.delete()
    assert read(stranger, shown) == [{"portfolio": str(held.pk), "gone": True}]


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_grouping_adds_up(investor, held, by):
    [now] = read(investor, Shown(held.pk, by))
    assert sum(Decimal(one["value"]) for one in now["allocation"]["items"]) == Decimal(now["total"])


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"portfolios": "all"}, "portfolios"),
        ({"portfolios": [1]}, "portfolios"),
        ({"portfolios": [None]}, "portfolios"),
        ({"portfolios": [[]]}, "portfolios"),
        ({"portfolios": ["x"]}, "portfolios"),
        ({"portfolios": [str(uuid4()) for _ in range(21)]}, "portfolios"),
        ({"by": "owner"}, "by"),
        ({"by": []}, "by"),
    ],
)
def test_message_of_another_shape_is_refused_by_field(content, field):
    with pytest.raises(ValidationFailed) as refused:
        portfolios_of(content), grouping_of(content)
    assert [one.field for one in refused.value.errors] == [field]


def test_portfolio_that_is_named_twice_is_one():
    key = uuid4()
    assert portfolios_of({"portfolios": [str(key), str(key)]}) == [key]
