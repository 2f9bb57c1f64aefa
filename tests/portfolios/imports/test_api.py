"""Imports and the export over REST: what a program sends and gets."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portfolios.domain.csv_import.text import MAX_BYTES
from portfolios.models import Transaction

ROWS = (
    "date,type,symbol,quantity,price,fee,currency\n"
    "2024-01-02,buy,ABC,10,5.5,1,EUR\n"
    "2024-01-03,buy,NOPE,1,2,0,EUR\n"
)


@pytest.fixture
def base(portfolio) -> str:
    return f"/api/v1/portfolios/{portfolio.pk}/imports"


@pytest.fixture
def previewed(client_of, people, base, market):
    answer = client_of(people.owner).post(base, {"file_name": "a.csv", "content": ROWS}, format="json")
    assert answer.status_code == 201
    return answer.json()


def test_text_is_previewed_with_every_row(previewed, market):
    assert previewed["counts"] == {"new": 1, "warning": 0, "duplicate": 0, "error": 1, "skipped": 0}
    assert (previewed["total"], previewed["skip"], previewed["limit"]) == (2, 0, 100)
    first, second = previewed["rows"]
    assert first == {
        "line": 2, "verdict": "new", "kind": "buy",
        "time": "2024-01-01T23:00:00+00:00", "date": "2024-01-02",
        "security": "ABC", "instrument": str(market.abc.uuid), "creates_instrument": False,
        "quantity": "10", "price": "5.5", "currency": "EUR",
        "fee": "1", "fee_currency": "EUR", "tax": "0", "tax_currency": "EUR",
        "fx_rate": None, "note": "", "external_id": "", "findings": [], "cells": None,
    }  # fmt: skip
    assert second["cells"] == ["2024-01-03", "buy", "NOPE", "1", "2", "0", "EUR"]
    assert second["findings"] == [
        {
            "code": "unknown-symbol",
            "level": "error",
            "field": "symbol",
            "message": "There is no instrument “NOPE” here. Choose one, make it your own, or leave it out.",
        }
    ]
    assert [one["security"] for one in previewed["unresolved"]] == ["NOPE"]
    assert [(one["name"], one["field"]) for one in previewed["layout"]["columns"]][:2] == [
        ("date", "date"), ("type", "type"),
    ]  # fmt: skip


def test_file_is_previewed_with_its_mapping(client_of, people, base, market):
    file = SimpleUploadedFile("broker.csv", "Tag;Was;Wert\n02.01.2024;Ein;1,5\n".encode("utf-16"))
    mapping = {"columns": {"date": "Tag", "type": "Was", "amount": "Wert"}, "kinds": {"Ein": "deposit"}}
    answer = client_of(people.editor).post(base, {"file": file, "mapping": json.dumps(mapping)})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["file_name"], body["mapping"], body["layout"]["encoding"]) == (
        "broker.csv",
        mapping,
        "utf-16-le",
    )
    assert [(row["kind"], row["quantity"]) for row in body["rows"]] == [("deposit", "1.5")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "content"),
        ({"content": "a,b\n1,2\n", "mapping": {"colour": "red"}}, "mapping.colour"),
        ({"content": "%PDF-1.4 x"}, "file"),
        ({"content": "date\n"}, "file"),
    ],
)
def test_bad_upload_names_the_field(client_of, people, base, body, field):
    answer = client_of(people.owner).post(base, body, format="json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_file_that_is_no_csv_has_a_code_of_its_own(client_of, people, base):
    answer = client_of(people.owner).post(base, {"content": "%PDF-1.4 x"}, format="json").json()
    assert (answer["type"], answer["title"]) == ("unreadable-file", "Some of this is not valid")
    assert answer["errors"][0]["code"] == "not-csv-pdf"


def test_mapping_of_a_form_must_be_json(client_of, people, base):
    file = SimpleUploadedFile("a.csv", ROWS.encode())
    answer = client_of(people.owner).post(base, {"file": file, "mapping": "{"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "mapping")


def test_file_above_the_limit_is_413(client_of, people, base):
    file = SimpleUploadedFile("a.csv", b"a" * (MAX_BYTES + 1))
    assert client_of(people.owner).post(base, {"file": file}).status_code == 413


def test_rows_are_paged_and_filtered(client_of, people, base, previewed):
    url = f"{base}/{previewed['id']}"
    client = client_of(people.viewer)
    body = client.get(url, {"verdict": "error", "limit": 1}).json()
    assert ([row["line"] for row in body["rows"]], body["total"], body["limit"]) == ([3], 1, 1)
    assert client.get(url, {"skip": 1}).json()["rows"][0]["line"] == 3
    assert client.get(url, {"verdict": "fine"}).json()["errors"][0]["field"] == "verdict"
    assert client.get(url, {"skip": "-1"}).json()["errors"][0]["field"] == "skip"


def test_mapping_is_changed_and_the_file_read_again(client_of, people, base, previewed, market):
    url = f"{base}/{previewed['id']}"
    mapping = {"symbols": {"NOPE": str(market.usd.uuid)}}
    body = client_of(people.editor).patch(url, {"mapping": mapping}, format="json").json()
    assert body["counts"]["error"] == 0
    assert body["rows"][1]["instrument"] == str(market.usd.uuid)
    refused = client_of(people.editor).patch(url, {"mapping": {"decimal": "x"}}, format="json")
    assert refused.json()["errors"][0]["field"] == "mapping.decimal"


def test_apply_undo_and_list(client_of, people, base, previewed):
    client, url = client_of(people.owner), f"{base}/{previewed['id']}"
    applied = client.post(f"{url}/apply", {}, format="json")
    assert applied.status_code == 200
    assert (applied.json()["status"], applied.json()["result"]["imported"]) == ("applied", 1)
    assert Transaction.objects.filter(deleted_at=None).count() == 1
    assert client.post(f"{url}/apply", {}, format="json").json()["type"] == "import-state"
    assert client.delete(url).status_code == 409
    undone = client.post(f"{url}/undo")
    assert (undone.status_code, undone.json()["undone"]) == (200, {"removed": 1, "edited": 0})
    listed = client.get(base).json()
    assert [(one["id"], one["status"]) for one in listed["items"]] == [(previewed["id"], "undone")]


def test_repeated_key_applies_once_and_answers_the_same(client_of, people, base, previewed):
    client, url = client_of(people.owner), f"{base}/{previewed['id']}/apply"
    first = client.post(url, {}, format="json", headers={"Idempotency-Key": "k1"})
    second = client.post(url, {}, format="json", headers={"Idempotency-Key": "k1"})
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Transaction.objects.count() == 1


def test_strict_apply_names_the_rows(client_of, people, base, previewed):
    answer = client_of(people.owner).post(f"{base}/{previewed['id']}/apply", {"strict": True}, format="json")
    assert (answer.status_code, answer.json()["type"]) == (400, "import-errors")
    assert [one["field"] for one in answer.json()["errors"]] == ["rows[3].symbol"]
    assert Transaction.objects.count() == 0


def test_preview_is_discarded(client_of, people, base, previewed):
    client = client_of(people.editor)
    assert client.delete(f"{base}/{previewed['id']}").status_code == 204
    assert client.get(f"{base}/{previewed['id']}").status_code == 404


WRITES = [
    ("post", "", {"content": ROWS}),
    ("patch", "/{id}", {"mapping": {}}),
    ("delete", "/{id}", None),
    ("post", "/{id}/apply", {}),
    ("post", "/{id}/undo", None),
]
READS = [("get", "", None), ("get", "/{id}", None), ("get", "/../transactions.csv", None)]


@pytest.fixture
def ask(client_of, base, previewed):
    """Answer the status that a user gets for a request."""

    def status(user, way: str, path: str, body) -> int:
        url = (base + path.format(id=previewed["id"])).replace("/imports/..", "")
        send = getattr(client_of(user), way)
        answer = send(url) if body is None else send(url, body, format="json")
        return int(answer.status_code)

    return status


@pytest.mark.parametrize(("way", "path", "body"), WRITES + READS)
def test_anonymous_is_401_and_strangers_get_404(ask, people, way, path, body):
    assert ask(None, way, path, body) == 401
    assert ask(people.stranger, way, path, body) == 404


@pytest.mark.parametrize(("way", "path", "body"), WRITES)
def test_viewers_may_not_write(ask, people, way, path, body):
    assert ask(people.viewer, way, path, body) == 403


@pytest.mark.parametrize(("way", "path", "body"), READS)
def test_viewers_may_read(ask, people, way, path, body):
    assert ask(people.viewer, way, path, body) == 200


def test_import_of_another_portfolio_is_404(client_of, people, base, previewed):
    from core.actor import Actor
    from portfolios.services.portfolios import create_portfolio

    actor = Actor.user(people.owner)
    other = create_portfolio(actor=actor, owner_id=people.owner.pk, name="Other", currency="EUR")
    url = f"/api/v1/portfolios/{other.pk}/imports/{previewed['id']}"
    client = client_of(people.owner)
    assert client.get(url).status_code == 404
    assert client.post(f"{url}/apply", {}, format="json").status_code == 404


def test_export_is_a_csv_file(desk, client_of):
    desk.apply(desk.preview("2024-01-02,buy,ABC,10,5.5,1,EUR"))
    url = f"/api/v1/portfolios/{desk.portfolio.pk}/transactions.csv"
    answer = client_of(desk.people.viewer).get(url, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="broker-transactions.csv"'
    assert answer.content.decode() == (
        "date,type,symbol,isin,name,quantity,price,currency,fee,fee_currency,tax,tax_currency,fx_rate,note,id,"
        "group,instrument,entry,lots,carried\r\n"
        "2024-01-02T00:00:00+01:00,buy,ABC,DE0001000001,ABC Inc.,10,5.5,EUR,1,EUR,0,EUR,,,,,"
        f"{desk.market.abc.uuid},{desk.live()[0].pk},,\r\n"
    )


def test_export_error_is_a_problem_document(client_of, people, portfolio):
    url = f"/api/v1/portfolios/{portfolio.pk}/transactions.csv"
    answer = client_of(people.stranger).get(url, headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert json.loads(answer.content)["type"] == "not-found"
