"""Large files: a task reads them and brings them in, once, whatever happens to the task."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import clock
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from portfolios import tasks
from portfolios.models import Transaction, TransactionImport
from portfolios.services import imports
from portfolios.services.imports import background

HEAD = b"date,type,symbol,quantity,price,fee,currency\n"
ROWS = HEAD + b"2024-01-02,buy,ABC,1,2,0,EUR\n2024-01-03,buy,ABC,3,4,0,EUR\n2024-01-04,buy,NOPE,1,1,0,EUR\n"
Status = TransactionImport.Status


@pytest.fixture
def queue(people, portfolio):
    def make(content: bytes = ROWS, user=None, **mapping) -> TransactionImport:
        return imports.queue_import(
            user=user or people.owner, portfolio_id=portfolio.pk, file_name="x.csv", content=content,
            mapping=mapping,
        )  # fmt: skip

    return make


def now(batch: TransactionImport) -> TransactionImport:
    return TransactionImport.objects.get(pk=batch.pk)


def begin(people, portfolio, batch, **more) -> TransactionImport:
    return imports.queue_apply(
        actor=Actor.user(people.owner), portfolio_id=portfolio.pk, import_id=batch.pk, **more
    )


def test_task_reads_what_waits_as_a_page_would_have(people, portfolio, market, queue):
    batch = queue()
    assert (batch.status, batch.rows, imports.step_of(batch)) == ("reading", [], "")
    assert imports.work_import(import_id=batch.pk) == "previewed"
    at_once = imports.preview_import(
        user=people.editor, portfolio_id=portfolio.pk, file_name="x.csv", content=ROWS
    )
    assert now(batch).rows == at_once.rows
    assert now(batch).summary == at_once.summary


def test_task_brings_in_what_waits_and_once(people, portfolio, market, queue):
    batch = queue()
    imports.work_import(import_id=batch.pk)
    begin(people, portfolio, batch)
    assert now(batch).status == "applying"
    assert imports.work_import(import_id=batch.pk) == "applied"
    assert imports.work_import(import_id=batch.pk) == ""
    assert Transaction.objects.filter(import_batch=batch).count() == 2
    assert now(batch).summary["result"]["imported"] == 2
    assert "job" not in now(batch).summary
    undone = imports.undo_import(
        actor=Actor.user(people.owner), portfolio_id=portfolio.pk, import_id=batch.pk
    )
    assert undone.summary["undone"]["removed"] == 2


@pytest.fixture
def applied(people, portfolio, market, queue):
    batch = queue()
    imports.work_import(import_id=batch.pk)
    return imports.apply_import(actor=Actor.user(people.owner), portfolio_id=portfolio.pk, import_id=batch.pk)


def undo(people, portfolio, batch):
    return imports.queue_undo(actor=Actor.user(people.owner), portfolio_id=portfolio.pk, import_id=batch.pk)


def in_ledger(portfolio):
    return Transaction.objects.filter(portfolio=portfolio, deleted_at=None).count()


def test_task_takes_out_what_waits_and_once(people, portfolio, applied):
    assert undo(people, portfolio, applied).status == "undoing"
    assert in_ledger(portfolio) == 2
    for change in (imports.queue_undo, imports.undo_import):
        with pytest.raises(Conflict) as refusal:
            change(actor=Actor.user(people.owner), portfolio_id=portfolio.pk, import_id=applied.pk)
        assert refusal.value.detail == "This import is on its way out of the portfolio."
    assert imports.work_import(import_id=applied.pk) == "undone"
    assert imports.work_import(import_id=applied.pk) == ""
    assert (in_ledger(portfolio), now(applied).summary["undone"]) == (0, {"removed": 2, "edited": 0})
    assert "job" not in now(applied).summary


def test_killed_undo_goes_on_and_the_third_is_the_last(people, portfolio, applied, monkeypatch):
    undo(people, portfolio, applied)
    row, take_out = TransactionImport.objects.filter(pk=applied.pk), background.take_out

    def die(*given):
        take_out(*given)
        raise RuntimeError

    monkeypatch.setattr(background, "take_out", die)
    for attempt in (1, 2, 3):
        with pytest.raises(RuntimeError):
            imports.work_import(import_id=applied.pk)
        # all of it came back with the transaction
        assert (now(applied).status, now(applied).attempts, in_ledger(portfolio)) == ("undoing", attempt, 2)
        assert imports.left_lying() == []
        row.update(claimed_at=clock.now() - timedelta(minutes=16))
        assert imports.left_lying() == [applied.pk]
    assert imports.work_import(import_id=applied.pk) == "applied"
    assert now(applied).summary["failure"].endswith("Nothing was taken out.")
    monkeypatch.setattr(background, "take_out", take_out)
    undo(people, portfolio, applied)
    assert imports.work_import(import_id=applied.pk) == "undone"
    assert (in_ledger(portfolio), "failure" in now(applied).summary) == (0, False)


def test_undo_that_sales_stand_against_says_so_and_leaves_all(people, portfolio, applied, market):
    bought, time = Transaction.objects.filter(import_batch=applied).first(), clock.now()
    Transaction.objects.create(
        portfolio=portfolio, kind="sell", time=time, day=time.date(), instrument=bought.instrument,
        quantity=4, price=1, currency="EUR", fee_currency="EUR", tax_currency="EUR",
    )  # fmt: skip
    undo(people, portfolio, applied)
    assert imports.work_import(import_id=applied.pk) == "applied"
    assert now(applied).summary["failure"].startswith("1 later sales need units of this import.")
    assert in_ledger(portfolio) == 3


def test_what_cannot_be_read_says_why(portfolio, queue):
    batch = queue(b"\x89PNG no table")
    assert imports.work_import(import_id=batch.pk) == "failed"
    assert now(batch).summary["failure"] == "This is a picture, not a CSV file."


def test_what_cannot_be_brought_in_waits_with_the_reason(people, portfolio, market, queue):
    batch = queue()
    imports.work_import(import_id=batch.pk)
    begin(people, portfolio, batch, strict=True)
    assert imports.work_import(import_id=batch.pk) == "previewed"
    assert now(batch).summary["failure"] == "1 rows have errors. Nothing was imported."
    begin(people, portfolio, batch)
    assert imports.work_import(import_id=batch.pk) == "applied"
    assert "failure" not in now(batch).summary


def test_large_file_is_read_anew_by_a_task_and_stays_as_it_was_if_it_cannot_be(
    people, portfolio, market, queue, monkeypatch
):
    monkeypatch.setattr(background, "READ_FROM", 10)
    batch = queue()
    imports.work_import(import_id=batch.pk)
    before = now(batch)
    given = {"user": people.owner, "portfolio_id": portfolio.pk, "import_id": batch.pk}
    imports.requeue_import(mapping={"columns": {"price": "nowhere"}}, **given)
    assert now(batch).status == "reading"
    assert imports.work_import(import_id=batch.pk) == "previewed"
    after = now(batch)
    assert (after.mapping, after.rows) == (before.mapping, before.rows)
    assert after.summary == before.summary | {"failure": "There is no column “nowhere” in this file."}
    imports.requeue_import(mapping={"symbols": {"NOPE": "skip"}}, **given)
    imports.work_import(import_id=batch.pk)
    assert now(batch).summary["counts"]["skipped"] == 1
    assert "failure" not in now(batch).summary


def test_wrong_mapping_and_wrong_people_are_told_at_once(people, portfolio, queue):
    with pytest.raises(ValidationFailed):
        queue(decimal="!")
    with pytest.raises(Forbidden):
        queue(user=people.viewer)
    with pytest.raises(NotFound):
        queue(user=people.stranger)
    assert not TransactionImport.objects.exists()


def test_nothing_else_may_be_done_meanwhile(people, portfolio, market, queue):
    batch = queue()
    given = {"portfolio_id": portfolio.pk, "import_id": batch.pk}
    with pytest.raises(Conflict):
        imports.apply_import(actor=Actor.user(people.owner), **given)
    with pytest.raises(Conflict):
        imports.remap_import(user=people.owner, mapping={}, **given)
    imports.work_import(import_id=batch.pk)
    begin(people, portfolio, batch)
    with pytest.raises(Conflict):
        imports.discard_import(actor=Actor.user(people.owner), **given)


def test_file_thrown_away_while_it_is_read_stays_away(people, portfolio, market, queue, monkeypatch):
    batch = queue()
    given = {"actor": Actor.user(people.owner), "portfolio_id": portfolio.pk, "import_id": batch.pk}
    read = background.read_into

    def read_and_discard(*args):
        read(*args)
        imports.discard_import(**given)

    monkeypatch.setattr(background, "read_into", read_and_discard)
    imports.work_import(import_id=batch.pk)
    assert not TransactionImport.objects.exists()


def test_claim_holds_until_it_is_stale_and_the_third_is_the_last(portfolio, market, queue, monkeypatch):
    batch = queue()
    row = TransactionImport.objects.filter(pk=batch.pk)
    assert imports.left_lying() == []
    row.update(updated_at=clock.now() - timedelta(minutes=3))
    assert imports.left_lying() == [batch.pk]

    def die(*_args):
        raise RuntimeError

    monkeypatch.setattr(background, "read_into", die)
    for attempt in (1, 2, 3):
        with pytest.raises(RuntimeError):
            imports.work_import(import_id=batch.pk)
        assert now(batch).attempts == attempt
        assert imports.work_import(import_id=batch.pk) == ""
        row.update(claimed_at=clock.now() - timedelta(minutes=16))
        assert imports.left_lying() == [batch.pk]
    assert imports.work_import(import_id=batch.pk) == "failed"
    assert imports.left_lying() == []


def test_sweep_wakes_what_was_left(portfolio, market, queue, monkeypatch):
    batch = queue()
    TransactionImport.objects.update(updated_at=clock.now() - timedelta(minutes=3))
    woken = []
    monkeypatch.setattr(tasks.work_import, "delay", woken.append)
    tasks.resume_imports()
    assert woken == [str(batch.pk)]
    tasks.work_import(woken[0])
    assert now(batch).status == "previewed"


def test_commit_wakes_the_task(portfolio, market, queue, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(tasks.work_import, "delay", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        batch = queue()
    assert woken == [str(batch.pk)]


def test_api_lets_a_task_work(client_of, people, portfolio, market):
    client, base = client_of(people.owner), f"/api/v1/portfolios/{portfolio.pk}/imports"
    made = client.post(f"{base}?background=true", {"content": ROWS.decode()}, format="json")
    assert (made.status_code, made.json()["status"], made.json()["total"]) == (202, "reading", 0)
    one = f"{base}/{made.json()['id']}"
    imports.work_import(import_id=made.json()["id"])
    assert client.get(one).json()["counts"]["new"] == 2
    asked = client.post(f"{one}/apply", {"background": True}, format="json")
    assert (asked.status_code, asked.json()["status"]) == (202, "applying")
    imports.work_import(import_id=made.json()["id"])
    assert client.get(one).json()["result"]["imported"] == 2
    asked = client.post(f"{one}/undo", {"background": True}, format="json")
    assert (asked.status_code, asked.json()["status"]) == (202, "undoing")
    imports.work_import(import_id=made.json()["id"])
    assert client.get(one).json()["status"] == "undone"
    assert client.post(f"{base}?background=1", {"content": "x"}, format="json").status_code == 400


def test_page_waits_and_then_shows_the_rows(client, people, portfolio, market, monkeypatch):
    monkeypatch.setattr(background, "READ_FROM", 10)
    monkeypatch.setattr(background, "APPLY_FROM", 1)
    client.force_login(people.owner)
    start = f"/portfolios/{portfolio.pk}/import/"
    url = client.post(start, {"file": SimpleUploadedFile("big.csv", ROWS)}).url
    assert "This is a large file" in client.get(url).content.decode()
    polled = {"HX-Request": "true", "HX-Target": "import-working"}
    assert "Waiting for its turn" in client.get(url, headers=polled).content.decode()
    (batch,) = TransactionImport.objects.all()
    imports.work_import(import_id=batch.pk)
    assert client.get(url, headers=polled)["HX-Refresh"] == "true"
    assert "2 transactions can be imported" in client.get(url).content.decode()
    client.post(f"{url}apply/")
    assert "On its way into the portfolio" in client.get(url).content.decode()
    assert "big.csv" in client.get(f"{start}all/").content.decode()
    imports.work_import(import_id=batch.pk)
    assert "2 transactions imported" in client.get(url).content.decode()
    client.post(f"{url}undo/")
    assert "On its way out of the portfolio" in client.get(url).content.decode()
    imports.work_import(import_id=batch.pk)
    assert client.get(url, headers=polled)["HX-Refresh"] == "true"
    assert "Undone: 2 transactions are out again" in client.get(url).content.decode()


def test_page_says_why_a_file_cannot_be_read(client, people, portfolio, queue):
    batch = queue(b"%PDF")
    imports.work_import(import_id=batch.pk)
    client.force_login(people.owner)
    page = client.get(f"/portfolios/{portfolio.pk}/import/{batch.pk}/").content.decode()
    assert "This is a PDF. Ask your broker for a CSV export of the transactions." in page
