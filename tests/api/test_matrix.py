"""Who may reach what: every address of the platform, tried as each kind of person.

`matrix.txt` holds a row for each call: the method, the address's name, and a letter for each of
`ROLES`. The rows are found by walking the URL patterns, so that an address without a row fails,
and so does a row whose address is gone. A failure prints the rows as they are now: read each
letter before you put it into the file. Where staff are to be told what a stranger is, one of their roles
asks, by turns from address to address; where they are told otherwise, all do.

A goes through · R leads on to another page · B reads the input and refuses it · C conflicts ·
L is asked to sign in · I is told to sign in (401) · F is forbidden (403) · H is hidden (404) ·
M has no such method (405)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts.models import StoredMail, User
from accounts.services import grant_role
from core import clock
from core.actor import Actor
from core.models import LIVE_WORLD, JobRun, Role
from core.roles import StaffRole
from market.domain.bars import BarRow
from market.domain.quotes import NewQuote
from market.models import Coin, Exchange, HistoryCheck, Instrument, PriceImport, PriceSource, SourceSymbol
from market.services.actions import record_corporate_action
from market.services.bars import set_bars
from market.services.instruments import InstrumentData, create_instrument
from market.services.quotes.record import record_quotes
from portfolios.selectors.ledger import memory
from tests.accounts.test_allauth_urls import ADDRESSES
from tests.api.admin_table import made_replay
from tests.api.routes import CALLS, Call, Scene, _walk, pages, routes
from tests.api.test_page_permissions import page_scene
from tests.api.test_permissions import CLOSES, DIVIDEND, Person, member, send

pytestmark = pytest.mark.django_db
FILE = Path(__file__).with_name("matrix.txt")
ROOT = FILE.parents[2]
STAFF = tuple(StaffRole)
ROLES = ("anonymous", "stranger", "viewer", "editor", "owner", *(role.value for role in STAFF))
SIGN_IN = ("/accounts/login/", "/admin/login/")
ID = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")
UNASKED = "."
LETTERS = {400: "B", 401: "I", 403: "F", 404: "H", 405: "M", 406: "B", 409: "C", 415: "B"}


class People:
    """One of each role, with a token and with a session."""

    def __init__(self) -> None:
        self.ada = Person("ada@example.org")
        self.scene = page_scene(self.ada)
        Coin.objects.create(coin_id="bitcoin", symbol="BTC", name="Bitcoin")
        self.persons: dict[str, Person | None] = {"anonymous": None, "owner": self.ada}
        for role in ("stranger", "viewer", "editor", *STAFF):
            self.persons[str(role)] = Person(f"{str(role).replace(' ', '-')}@example.org")
        for role in (Role.VIEWER, Role.EDITOR):
            person = self.persons[role.value]
            assert person is not None
            member(person, self.scene, role)
        own_instrument(self.ada, self.scene)
        rows_for_staff(self.ada)
        for staff in STAFF:
            employ(self.persons[staff.value], staff)
        self.cookies = {name: signed_in(person).cookies for name, person in self.persons.items()}

    def client(self, role: str) -> Client:
        """Open a browser that is signed in; what it does to its cookies is its own affair."""
        client = Client()
        client.cookies.load({name: morsel.value for name, morsel in self.cookies[role].items()})
        return client

    def letters(self, ask: Callable[[str], Any], roles: Collection[str] = ROLES) -> str:
        """Ask as each of them, each time as if for the first time; those who are not asked get a dot."""
        return " ".join(
            letter(undone(lambda role=role: ask(role))) if role in roles else UNASKED for role in ROLES
        )


def rows_for_staff(ada: Person) -> None:
    """Make a row of what only the admin shows, so that its page has something to open."""
    JobRun.objects.create(name="core.tasks.x", state=JobRun.State.DONE, started_at=clock.now())
    StoredMail.objects.create(sender="a@example.org", recipients=["b@example.org"], subject="x", text="x")
    Exchange.objects.create(mic="XTST", name="Test", time_zone="UTC")
    PriceImport.objects.create(file_name="p.csv", sha256="0" * 64, actor_label="test")
    public = Instrument.objects.filter(owner=None).earliest("pk")
    made_replay()
    SourceSymbol.objects.create(source=PriceSource.objects.create(name="one", kind="ecb"), instrument=public)
    HistoryCheck.objects.create(instrument=public, checked_at=clock.now())
    quotes = [NewQuote(public.pk, price, clock.now(), "test") for price in (CLOSES[-1][1], Decimal(0))]
    assert record_quotes(world_id=LIVE_WORLD, batch=quotes).held == 1
    every_hour = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    PeriodicTask.objects.create(name="x", task="accounts.tasks.purge_sessions", interval=every_hour)
    SocialAccount.objects.create(user=ada.user, provider="sso", uid="1")


def own_instrument(ada: Person, scene: Scene) -> None:
    """Let the market's addresses lead to an instrument of Ada's own; the portfolio holds a public one."""
    public = scene.ids[""]["uuid"]
    for route in (*pages(), *routes()):
        if "portfolio_id" in route.ids and {"instrument", "uuid"} & set(route.ids):
            scene.ids[route.name] = {**scene.ids.get(route.name, {}), "instrument": public, "uuid": public}
    actor = Actor.user(ada.user)
    mine = create_instrument(actor=actor, data=InstrumentData(symbol="OWN", name="Own", currency="EUR"))
    set_bars(actor=actor, uuid=mine.uuid, rows=[BarRow(day=day, close=close) for day, close in CLOSES])
    action = record_corporate_action(actor=actor, instrument_uuid=mine.uuid, data=DIVIDEND)
    scene.ids[""] |= {"uuid": mine.uuid, "instrument": mine.uuid, "action": action.uuid}
    scene.ids["api-corporate-action"] = {"uuid": action.uuid}


def employ(person: Person | None, role: StaffRole) -> None:
    assert person is not None
    grant_role(actor=Actor.system("test"), user_id=person.user.pk, role=role, reason="test")


def signed_in(person: Person | None) -> Client:
    client = Client()
    if person is not None:
        client.force_login(User.objects.get(pk=person.user.pk))
        client.get(reverse("offline"))
    return client


def undone(work: Callable[[], Any]) -> Any:
    """Do it, and take back what it did."""
    memory.clear()
    cache.clear()
    with transaction.atomic():
        answer = work()
        transaction.set_rollback(True)
    return answer


def letter(answer: Any) -> str:
    status = answer.status_code
    if status in {301, 302}:
        return "L" if answer["Location"].startswith(SIGN_IN) else "R"
    return "A" if status < 300 else LETTERS[status]


def expected(start: str) -> dict[str, str]:
    """Read the rows of one kind: by method and name, the letters."""
    rows = (line.rsplit("  ", 1) for line in FILE.read_text(encoding="utf-8").splitlines() if "  " in line)
    return {key.rstrip(): letters for key, letters in rows if key.startswith(start)}


def asked(key: str, number: int, known: dict[str, str]) -> Collection[str]:
    """Choose who asks for the address: of staff one by turns where all of them are to be like a stranger."""
    letters = dict(zip(ROLES, known.get(key, "").split(), strict=False))
    if any(letters.get(role.value) != letters.get("stranger") for role in STAFF):
        return ROLES
    return {*ROLES[: -len(STAFF)], STAFF[number % len(STAFF)].value}


def asked_in_admin(number: int) -> Collection[str]:
    """Choose who asks for an address of the admin: a visitor, one of the people and two of staff by turns.

    With both methods each role of staff asks for each address; tests/api/test_admin_permissions.py asks as
    all of them wherever a page of the admin does something.
    """
    people = ROLES[1 : -len(STAFF)]
    staff = (STAFF[(number + more) % len(STAFF)].value for more in (0, 1))
    return {ROLES[0], people[number % len(people)], *staff}


def as_known(letters: str, known: str) -> bool:
    """Tell whether the letters of those who asked are the known ones."""
    pairs = zip(letters.split(), known.split(), strict=True)
    return bool(known) and all(one in {UNASKED, other} for one, other in pairs)


def compare(start: str, found: dict[str, str]) -> None:
    known = expected(start)
    changed = [
        f"{key}  {letters}" for key, letters in found.items() if not as_known(letters, known.get(key, ""))
    ]
    gone = sorted(set(known) - set(found))
    assert not changed, "rows as they are now:\n" + "\n".join(changed)
    assert not gone, f"rows without an address: {gone}"


@pytest.fixture
def people() -> People:
    return People()


def test_api(people):
    found, known = {}, expected("api ")
    for route in routes():
        for call in CALLS[route.name]:
            url, key = people.scene.url(route), f"api {call.method.upper()} {route.name}"
            found[key] = people.letters(
                lambda role, url=url, call=call: by_token(people, role, url, call),
                asked(key, len(found), known),
            )
    compare("api ", found)


def by_token(people: People, role: str, url: str, call: Call) -> Any:
    person, body = people.persons[role], people.scene.body(call.body)
    return send(call, url, body, person.headers if person else {})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages(people, method):
    found, known = {}, expected(f"page {method} ")
    for page in pages():
        url, key = people.scene.url(page), f"page {method} {page.name}"
        found[key] = people.letters(
            lambda role, url=url: getattr(people.client(role), method.lower())(url),
            asked(key, len(found), known),
        )
    compare(f"page {method} ", found)


def test_pages_of_sign_in(people):
    found = {
        f"sign-in GET {address}": people.letters(
            lambda role, address=address: people.client(role).get(address)
        )
        for address in ADDRESSES
    }
    compare("sign-in ", found)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_admin(people, method):
    turn = 0 if method == "GET" else 2
    found = {
        f"admin {method} {name}": people.letters(
            lambda role, url=url: getattr(people.client(role), method.lower())(url), asked_in_admin(number)
        )
        for number, (name, url) in enumerate(admin_addresses(), turn)
    }
    compare(f"admin {method} ", found)


def admin_addresses() -> Iterator[tuple[str, str]]:
    """Fill every address of the admin with a row that is there, or with one that is not."""
    for text, _pattern, _ids in _walk(get_resolver().url_patterns):
        if text.startswith("admin/"):
            name = (
                re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", r"<\1\2>", text)
                .replace("$", "")
                .replace("^", "")
            )
            yield name, "/" + re.sub(r"<\w+>", str(key_of(name)), name)


def key_of(name: str) -> Any:
    parts = name.split("/")
    model = apps.all_models.get(parts[1], {}).get(parts[2] if len(parts) > 2 else "")
    row = None if model is None else admin.site._registry[model].model._default_manager.order_by("pk").first()
    return "1" if row is None else row.pk


# Who is let in, by the socket's name; that the base holds to it, tests/core/live/test_doors.py tries.
SOCKETS = {
    "ws-prices": "signed in",
    "ws-portfolios": "signed in",
    "ws-notifications": "signed in",
    "ws-tickers": "anybody",
}


def test_every_socket_has_its_row():
    named = {
        pattern.name: "signed in" if pattern.callback.consumer_class.needs_sign_in else "anybody"
        for path in ROOT.glob("*/routing.py")
        for pattern in import_module(f"{path.parent.name}.routing").websocket_urlpatterns
    }
    assert named == SOCKETS
