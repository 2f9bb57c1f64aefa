"""A person's own ways of reading files: saved, used for the next file, replaced, deleted, nobody else's."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.models import AuditEvent
from portfolios.models import ImportPreset
from portfolios.services import imports
from portfolios.services.imports import presets

# Nothing in it proves the order of day and month, nor what its marks mean, and nobody knows its words.
ODD = "Wann;Was;Ding;Menge;Kosten\n03/04/2024;Ein;ABC;1,000;2,000\n"
MAPPING = {
    "columns": {"date": "Wann", "type": "Was", "symbol": "Ding", "quantity": "Menge", "price": "Kosten"},
    "date_order": "mdy",
    "decimal": ",",
    "kinds": {"Ein": "buy"},
}


@pytest.fixture
def read(people, portfolio):
    def make(content: str = ODD, user=None, **mapping):
        return imports.preview_import(
            user=user or people.owner, portfolio_id=portfolio.pk, file_name="x.csv", content=content.encode(),
            mapping=mapping,
        )  # fmt: skip

    return make


def save(people, portfolio, batch, name="My bank", user=None):
    user = user or people.owner
    return imports.save_import_as_preset(
        actor=Actor.user(user), user=user, portfolio_id=portfolio.pk, import_id=batch.pk, name=name
    )


def test_what_was_chosen_reads_the_next_file(people, portfolio, market, read):
    saved = save(people, portfolio, read(**MAPPING))
    (row,) = read(ODD.replace("03/04", "05/06"), saved=str(saved.pk)).rows
    assert (row["verdict"], row["kind"], row["day"]) == ("new", "buy", "2024-05-06")
    assert (row["quantity"], row["price"]) == ("1", "2")


def test_what_was_recognised_is_saved_with_it(people, portfolio, market, read):
    saved = save(people, portfolio, read("Datum;Typ;Symbol;Anzahl;Kurs\n31.12.2024;Kauf;ABC;1;2,50\n"))
    assert saved.mapping == {
        "preset": "csv",
        "columns": {
            "date": "Datum",
            "type": "Typ",
            "symbol": "Symbol",
            "quantity": "Anzahl",
            "price": "Kurs",
        },
        "date_order": "dmy",
    }


def test_choice_for_one_file_lies_over_the_preset(people, portfolio, market, read):
    saved = save(people, portfolio, read(**MAPPING))
    (row,) = read(saved=str(saved.pk), date_order="dmy").rows
    assert row["day"] == "2024-04-03"


def test_same_name_replaces_and_leaves_a_trace(people, portfolio, market, read):
    first = save(people, portfolio, read(**MAPPING))
    again = save(people, portfolio, read(**MAPPING, currency="USD"), name="  My   bank ")
    assert again.pk == first.pk
    assert again.mapping["currency"] == "USD"
    assert AuditEvent.objects.filter(verb="import_preset.saved").count() == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_name_must_be_one(people, portfolio, market, read, name):
    with pytest.raises(ValidationFailed) as caught:
        save(people, portfolio, read(**MAPPING), name=name)
    assert caught.value.errors[0].field == "name"


def test_mapping_has_an_end_too(people):
    symbols = {f"{number:0200}": "skip" for number in range(1000)}
    with pytest.raises(ValidationFailed) as caught:
        imports.save_preset(
            actor=Actor.user(people.owner), user=people.owner, name="x", mapping={"symbols": symbols}
        )
    assert caught.value.errors[0].field == "mapping"


def test_presets_have_an_end(people, portfolio, market, read, monkeypatch):
    monkeypatch.setattr(presets, "MOST", 1)
    batch = read(**MAPPING)
    save(people, portfolio, batch)
    save(people, portfolio, batch)
    with pytest.raises(Conflict):
        save(people, portfolio, batch, name="Second")


def test_nobody_uses_or_deletes_anothers(people, portfolio, market, read):
    saved = save(people, portfolio, read(**MAPPING))
    with pytest.raises(ValidationFailed) as caught:
        read(user=people.editor, saved=str(saved.pk))
    assert caught.value.errors[0].field == "mapping.saved"
    with pytest.raises(NotFound):
        imports.delete_preset(actor=Actor.user(people.editor), user=people.editor, preset_id=saved.pk)
    with pytest.raises(Forbidden):
        save(people, portfolio, read(**MAPPING), user=people.viewer)
    with pytest.raises(NotFound):
        save(people, portfolio, read(**MAPPING), user=people.stranger)


def test_erasing_a_person_takes_their_presets(people, portfolio, market, read):
    save(people, portfolio, read(**MAPPING), user=people.editor)
    people.editor.delete()
    assert not ImportPreset.objects.exists()


def test_api_saves_lists_uses_and_deletes(client_of, people, portfolio, market):
    client = client_of(people.owner)
    body = {"name": "My bank", "mapping": MAPPING}
    made = client.post("/api/v1/import-presets", body, format="json")
    assert made.status_code == 201
    key = made.json()["id"]
    listed = client.get("/api/v1/import-presets").json()
    assert [(one["id"], one["name"]) for one in listed["items"]] == [(key, "My bank")]
    base = f"/api/v1/portfolios/{portfolio.pk}/imports"
    upload = {"content": ODD, "mapping": {"saved": key}}
    previewed = client.post(base, upload, format="json").json()
    assert previewed["rows"][0]["date"] == "2024-03-04"
    again = client.post(f"{base}/{previewed['id']}/preset", {"name": "Again"}, format="json")
    assert again.status_code == 201
    assert client.delete(f"/api/v1/import-presets/{key}").status_code == 204
    assert client_of(people.editor).delete(f"/api/v1/import-presets/{again.json()['id']}").status_code == 404
    wrong = client.post("/api/v1/import-presets", {"name": "x", "mapping": {"decimal": "!"}}, format="json")
    assert wrong.status_code == 400


def test_wizard_saves_offers_and_deletes(client, people, portfolio, market):
    client.force_login(people.owner)
    start = f"/portfolios/{portfolio.pk}/import/"
    batch = imports.preview_import(
        user=people.owner, portfolio_id=portfolio.pk, file_name="x", content=ODD.encode(), mapping=MAPPING
    )
    assert "Save as preset" in client.get(f"{start}{batch.pk}/").content.decode()
    client.post(f"{start}{batch.pk}/preset/", {"name": "My bank"})
    saved = ImportPreset.objects.get()
    page = client.get(start).content.decode()
    assert f'value="own:{saved.pk}"' in page
    file = SimpleUploadedFile("next.csv", ODD.replace("1,000", "3,000").encode())
    answer = client.post(start, {"file": file, "preset": f"own:{saved.pk}"})
    assert answer.status_code == 302
    assert "One transaction can be imported" in client.get(answer.url).content.decode()
    client.post(f"{start}presets/{saved.pk}/delete/")
    assert not ImportPreset.objects.exists()
