"""A fold that is kept: whatever changes, going on from it gives exactly what folding anew gives."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.domain import history
from portfolios.domain.entries import in_order
from portfolios.domain.history import History
from portfolios.domain.ledger import Ledger, fold
from portfolios.domain.lots import CostMethod
from portfolios.domain.realised import TaxRule, by_year, realised, realised_rows
from portfolios.domain.statement import statement
from tests.support.corporate import chains
from tests.support.ledgers import FIRST, LENGTH, QUOTED, days, entry, random_entry, rates, worlds

LAST = FIRST + timedelta(days=LENGTH)
settings_of_a_book = st.fixed_dictionaries(
    {
        "method": st.sampled_from(list(CostMethod)),
        "fees_in_basis": st.booleans(),
        "allow_short": st.booleans(),
    }
)


@pytest.fixture(autouse=True, scope="module")
def states_everywhere():
    """Keep a state at every other entry: the ledgers of these tests have two dozen."""
    with patch.object(history, "STRIDE", 2):
        yield


def inputs(world, chain):
    return {
        "base": "EUR", "tracks_cash": world.tracks_cash, "currencies": QUOTED, "prices": world.prices,
        "actions": chain,
    }  # fmt: skip


def kept(world, chain, former=None, **chosen):
    ledger = Ledger(world.entries, world.splits, world.rates, **inputs(world, chain), **chosen)
    return History(ledger, former)


def book(world, chain, until, **chosen):
    known = [one for one in chain if one.ex_date <= until]
    return fold(world.entries, world.splits, world.rates, **inputs(world, known), until=until, **chosen)


@st.composite
def edits(draw):
    """Draw a ledger and the same one after entries were added, changed and taken out."""
    before = draw(worlds(complete=draw(st.booleans())))
    entries = list(before.entries)
    for number in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(entries)))
        what = draw(st.sampled_from(["add", "change", "delete"]))
        if what == "add" or at == len(entries):
            entries.append(draw(random_entry(100 + number)))
        elif what == "change":
            entries[at] = entries[at]._replace(quantity=entries[at].quantity * 2)
        else:
            del entries[at]
    return before, replace(before, entries=entries)


@given(edits(), chains(), settings_of_a_book, days(), days())
def test_a_ledger_that_goes_on_after_any_edit_is_the_ledger_folded_anew(edit, chain, chosen, one, other):
    before, after = edit
    former = kept(before, chain, **chosen)
    looked_at = former.book(one)
    grown = kept(after, chain, former, **chosen)
    again = kept(before, chain, grown, **chosen)
    for day in (one, other, LAST):
        assert grown.book(day) == book(after, chain, day, **chosen)
        assert again.book(day) == book(before, chain, day, **chosen)
    assert looked_at == book(before, chain, one, **chosen)


@given(edits(), chains(), st.sampled_from(list(CostMethod)), days(), days())
def test_a_statement_from_a_kept_fold_is_the_statement_of_its_own(edit, chain, method, one, other):
    before, after = edit
    start, end = min(one, other), max(one, other) + timedelta(days=1)
    grown = kept(
        after, chain, kept(before, chain, method=method, at_market=True), method=method, at_market=True
    )

    def stated(**more):
        given_ = inputs(after, chain)
        prices = given_.pop("prices")
        return statement(
            after.entries, after.splits, after.rates, prices, start=start, end=end, method=method, **given_,
            **more,
        )  # fmt: skip

    assert stated(begun=grown.ledger) == stated()


@given(edits(), st.sampled_from(list(CostMethod)))
def test_realised_gains_that_go_on_after_any_edit_are_those_computed_anew(edit, method):
    before, after = edit
    rule = TaxRule((1, 20))
    former = kept(before, [], method=method)
    grown = kept(after, [], former, method=method)
    known = realised(former.book(LAST), rule)
    rows = realised_rows(book(after, [], LAST, method=method), rule)
    assert realised(grown.book(LAST), rule, known) == (rows, by_year(rows, rule))


@given(worlds(), random_entry(100))
def test_an_entry_that_is_added_stands_where_sorting_puts_it(world, more):
    assert in_order(world.entries).with_more([more]) == in_order([*world.entries, more])


def test_only_what_follows_a_change_is_booked_again():
    rows = [entry(FIRST + timedelta(days=at), "deposit", at + 1) for at in range(9)]
    booked = []

    class Watched(Ledger):
        def go(self, stop):
            booked.extend(self.entries[self.state().entry : stop])
            super().go(stop)

    former = History(Watched(rows, [], rates("EUR"), base="EUR"))
    booked.clear()
    late = entry(FIRST + timedelta(days=6), "withdrawal", 5)
    found = History(Watched([*rows, late], [], rates("EUR"), base="EUR"), former).book(LAST)
    assert [one.day.day for one in booked] == [7, 7, 8, 9]
    assert found.cash == {"EUR": 40}
