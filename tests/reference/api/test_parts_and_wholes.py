"""What parts of a portfolio add up to, and what they do not; random ledgers found where."""

from __future__ import annotations

from decimal import Decimal

D = Decimal


def statement(program, **scope):
    found = program.get("/api/v1/statement", end="2024-03-01", taxes="in", **scope)
    return {name: D(found[name]) for name in ("realised", "unrealised", "gain", "closing_value", "net_flows")}


def test_part_realises_at_its_border_what_the_whole_carries_over_a_merger(program):
    old = program.instrument("OLD", closes={"2024-01-02": 30})
    new = program.instrument("NEW", closes={"2024-02-01": 50, "2024-03-01": 55})
    body = {"kind": "merger", "ex_date": "2024-02-01", "target": new, "numerator": "1", "denominator": "1"}
    program.done("POST", f"/api/v1/instruments/{old}/corporate-actions", body)
    portfolio = program.portfolio()
    portfolio.money("2024-01-02", "deposit", 300)
    portfolio.trade("2024-01-02", "buy", old, 10, 30)
    # Bought for 300, worth 500 when it became the other one, 550 now.
    whole, first, second = (
        statement(program, **one) for one in ({}, {"instrument": old}, {"instrument": new})
    )
    assert (whole["realised"], whole["unrealised"]) == (0, 250)
    assert (first["realised"], first["unrealised"], first["net_flows"]) == (200, 0, -200)
    assert (second["realised"], second["unrealised"], second["net_flows"]) == (0, 50, 500)
    assert first["gain"] + second["gain"] == whole["gain"] == 250
    cash = statement(program, cash="true")
    for name in ("gain", "closing_value", "net_flows"):
        assert first[name] + second[name] + cash[name] == whole[name]


def test_both_gains_together_differ_by_method_where_units_left_in_kind(program):
    held, portfolio = program.instrument("ACME", closes={"2024-03-01": 20}), program.portfolio()
    portfolio.trade("2024-01-02", "buy", held, 10, 10)
    portfolio.trade("2024-01-03", "buy", held, 10, 14)
    portfolio.trade("2024-01-04", "sell", held, 5, 16)

    def sums():
        rows = portfolio.read("cost-methods", date="2024-03-01")["methods"]
        return {row["cost_method"]: D(row["realised"]) + D(row["unrealised"]) for row in rows}

    # 80 + 15 × 20 − 240; then 4 units leave with their gain: those bought at 10, at 14, or at 12 each.
    assert set(sums().values()) == {140}
    portfolio.trade("2024-02-01", "transfer_out", held, 4, None)
    assert sums() == {"fifo": 100, "lifo": 116, "hifo": 116, "average": 108}
