"""Archives by the API and the pages: small ones at once, large ones by a task, seen by who brought them."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any
from uuid import uuid5

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, DjangoDbBlocker

from accounts.models import User
from core.errors import Conflict, TooLarge
from portfolios import receivers
from portfolios.models import ArchiveImport, Portfolio
from portfolios.services import archive
from portfolios.services.archive import receiving
from tests.support.archives import archived, client_of, everything

URL = "/api/v1/archive"


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


def upload(data: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("mine.zip", data, "application/zip")}


def received(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_the_api_gives_all_or_some_and_takes_them(made: SimpleNamespace) -> None:
    owner, guest = client_of(made.user), client_of(made.guest)
    answer = owner.get(URL, headers={"accept": "application/zip"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert received(answer) == made.data
    some = received(owner.get(URL, {"portfolio": [str(made.side.pk)]}))
    assert len(archive.opened(io.BytesIO(some)).about["portfolios"]) == 1
    assert owner.get(URL, {"portfolio": "x"}).status_code == 400
    assert guest.get(URL, {"portfolio": str(made.side.pk)}).status_code == 404
    assert client_of(made.other).get(URL, {"portfolio": str(made.main.pk)}).status_code == 404
    assert guest.get(URL).json()["errors"][0]["field"] == "portfolio"
    answer = guest.post(URL, upload(made.data), format="multipart")
    assert answer.status_code == 201
    assert [one["there"] for one in answer.json()["result"]["portfolios"]] == [False, False]
    listed = guest.get(f"{URL}/imports").json()["items"]
    assert [(one["file_name"], one["status"]) for one in listed] == [("mine.zip", "done")]
    one = f"{URL}/imports/{listed[0]['id']}"
    assert guest.get(one).json() == listed[0]
    assert owner.get(one).status_code == 404
    assert owner.get(f"{URL}/imports").json()["total"] == 0


def test_the_api_refuses_a_broken_one_and_keeps_nothing(made: SimpleNamespace) -> None:
    answer = client_of(made.guest).post(URL, upload(made.data[:-9]), format="multipart")
    assert (answer.status_code, answer.json()["type"]) == (400, "archive-broken")
    assert not ArchiveImport.objects.exists()


def test_a_large_one_is_left_to_a_task(
    made: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    monkeypatch.setattr(receiving, "APPLY_FROM", 5)
    told: list[str] = []
    monkeypatch.setattr(receivers.work_archive, "delay", told.append)
    client = client_of(made.guest)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(URL, upload(made.data), format="multipart")
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    row = ArchiveImport.objects.get()
    assert told == [str(row.pk)]
    assert archive.left_lying() == []
    assert archive.work_archive(archive_id=row.pk) == "done"
    assert archive.work_archive(archive_id=row.pk) == ""
    row.refresh_from_db()
    assert (bytes(row.source), row.summary["portfolios"][0]["there"]) == (b"", False)
    assert Portfolio.objects.filter(pk=uuid5(made.main.pk, made.guest.pk.hex)).exists()


def test_a_large_one_that_is_forged_fails_whole_with_its_reason(
    made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "APPLY_FROM", 5)
    waiting = [
        archive.receive_archive(user=made.guest, file_name="a.zip", file=io.BytesIO(made.data))
        for _ in range(3)
    ]
    with pytest.raises(Conflict):
        archive.receive_archive(user=made.guest, file_name="a.zip", file=io.BytesIO(made.data))
    ArchiveImport.objects.filter(pk=waiting[0].pk).update(source=made.data[:500])
    assert archive.work_archive(archive_id=waiting[0].pk) == "failed"
    answer = client_of(made.guest).get(f"{URL}/imports/{waiting[0].pk}").json()
    assert "ZIP" in answer["result"]["failure"]
    ArchiveImport.objects.filter(pk=waiting[1].pk).update(attempts=9)
    assert archive.work_archive(archive_id=waiting[1].pk) == "failed"
    assert not Portfolio.objects.filter(members__user=made.guest).exists()
    with pytest.raises(TooLarge):
        archive.receive_archive(user=made.guest, file_name="a", file=io.BytesIO(bytes(25 * 1024 * 1024)))


def test_pages_give_and_take(made: SimpleNamespace) -> None:
    owner, guest = Client(), Client()
    owner.force_login(made.user)
    guest.force_login(made.guest)
    page = owner.get("/portfolios/archives/").content.decode()
    assert page.count('name="portfolio"') == 2
    assert (
        f"/portfolios/archives/download/?portfolio={made.main.pk}"
        in owner.get(f"/portfolios/{made.main.pk}/settings/").content.decode()
    )
    assert received(owner.get("/portfolios/archives/download/")) == made.data
    assert owner.get("/portfolios/archives/download/?portfolio=x").status_code == 404
    assert guest.get(f"/portfolios/archives/download/?portfolio={made.main.pk}").status_code == 404
    answer = guest.post("/portfolios/archives/", upload(made.data[:-3]))
    assert answer.status_code == 400
    assert "This is not a ZIP file" in answer.content.decode()
    answer = guest.post("/portfolios/archives/", upload(made.data))
    assert answer.status_code == 302
    page = guest.get(answer["Location"]).content.decode()
    assert page.count("Made</span>") == 2
    assert "Findings that were dismissed are open again" in page
    assert owner.get(answer["Location"]).status_code == 404
    again = guest.get(guest.post("/portfolios/archives/", upload(made.data))["Location"]).content.decode()
    assert again.count("Was here; left as it is") == 2
    assert "<h1>All of it was here already</h1>" in again
    ArchiveImport.objects.update(status="waiting")
    assert 'hx-trigger="every 2s"' in guest.get(answer["Location"]).content.decode()
    ArchiveImport.objects.update(status="failed", summary={"failure": "transactions.jsonl:3.quantity: no"})
    assert "transactions.jsonl:3.quantity: no" in guest.get(answer["Location"]).content.decode()
