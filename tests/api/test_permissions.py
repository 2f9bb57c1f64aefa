"""Who may call what: every route, tried as nobody, as a stranger, as a viewer, as an editor."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import services as people
from accounts.models import User
from alerts.domain.conditions import Condition
from alerts.models import Channel, Delivery
from alerts.services.alerts import AlertData, create_alert
from alerts.services.channels import ChannelData, create_channel
from alerts.services.outbox import enqueue_one
from alerts.services.proof import prove_by_answer
from core import clock
from core.actor import Actor
from core.models import Role
from market.domain.bars import BarRow
from market.models import Coin, Instrument
from market.services.actions import ActionData, record_corporate_action
from market.services.bars import set_bars
from market.services.instruments import InstrumentData, create_instrument
from market.services.watchlists import star
from portfolios.models import ArchiveImport, PortfolioInvitation, PortfolioMember
from portfolios.selectors.sharing import digest
from portfolios.services import sharing
from portfolios.services.portfolios import create_portfolio
from tests.api.conftest import PASSWORD
from tests.api.routes import (
    BUY,
    CALLS,
    FILE,
    ORDER,
    OWNERS,
    PUBLIC,
    RATE,
    TOKEN,
    Call,
    Route,
    Scene,
    routes,
)

pytestmark = pytest.mark.django_db
ROUTES = routes()
BY_ID = [route for route in ROUTES if route.ids and route.name not in PUBLIC]
OF_PORTFOLIO = [route for route in ROUTES if "portfolio_id" in route.ids]
CLOSES = [(date(2024, 1, 5), Decimal(10)), (date(2024, 1, 8), Decimal(12))]
DIVIDEND = ActionData(kind="dividend", ex_date=date(2024, 1, 8), amount=Decimal("0.5"), currency="EUR")
INVITED = "an-invitation-of-the-tests"
OWN_APPS = ("core", "accounts", "market", "portfolios", "alerts")


class Person:
    """Somebody with a token."""

    def __init__(self, email: str) -> None:
        pair = people.sign_up(email=email, password=PASSWORD)
        self.user = User.objects.get(email=email)
        EmailAddress.objects.filter(user=self.user).update(verified=True)
        self.refresh = pair.refresh
        self.headers = {"Authorization": f"Bearer {pair.access}"}
        self._cookies: dict[str, str] = {}

    def keep_session(self) -> Person:
        """Sign in on the pages for all tests of a module: for fixtures whose rows stay for all of them."""
        self._cookies = {name: morsel.value for name, morsel in self.browser().cookies.items()}
        return self

    def browser(self, **options: Any) -> Client:
        """Open a browser that is signed in; what it does to its cookies is its own affair."""
        client = Client(**options)
        if self._cookies:
            client.cookies.load(self._cookies)
            # as if it had signed in just now: else a long run notes in the middle that it is seen
            self.user.browser_sessions.update(last_seen_at=clock.now())
        else:
            client.force_login(self.user)
            client.get(reverse("offline"))  # the session is listed when it is first seen
        return client

    def send(self, call: Call, url: str, body: Any) -> Any:
        return send(call, url, body, self.headers)


# a new one for each call would load the middleware each time
CALLER = Client()


def send(call: Call, url: str, body: Any, headers: dict[str, str]) -> Any:
    CALLER.cookies.clear()
    query = "&".join(f"{name}={value}" for name, value in call.query.items())
    return CALLER.generic(
        call.method.upper(),
        f"{url}?{query}" if query else url,
        b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers=headers,
    )


def calls(some: list[Route]) -> Any:
    """Parametrise a test by route and call."""
    rows = [(route, call) for route in some for call in CALLS.get(route.name, ())]
    return pytest.mark.parametrize(
        ("route", "call"), rows, ids=[f"{call.method.upper()} {route.name}" for route, call in rows]
    )


def scene_of(person: Person) -> Scene:
    """Make a portfolio with transactions, and an instrument with prices and a split, all of one person."""
    actor = Actor.user(person.user)
    instrument = create_instrument(
        actor=actor, data=InstrumentData(symbol="MINE", name="Mine", currency="EUR")
    )
    set_bars(actor=actor, uuid=instrument.uuid, rows=[BarRow(day=day, close=close) for day, close in CLOSES])
    action = record_corporate_action(actor=actor, instrument_uuid=instrument.uuid, data=DIVIDEND)
    names = {"INSTRUMENT": str(instrument.uuid), "REFRESH": person.refresh}
    scene = Scene({}, names)
    portfolio = person.send(
        Call("post"), reverse("api-portfolios"), {"name": "Savings", "currency": "EUR"}
    ).json()
    listing = reverse("api-transactions", args=[portfolio["id"]])
    kept, gone = (person.send(Call("post"), listing, scene.body(BUY)).json() for _ in range(2))
    person.send(Call("delete"), f"{listing}/{gone['id']}", None)
    token = person.send(Call("post"), reverse("api-users-tokens"), TOKEN).json()
    scene.ids[""] = {"portfolio_id": portfolio["id"], "transaction_id": kept["id"], "uuid": instrument.uuid}
    scene.ids[""] |= {"token_id": token["id"]}
    scene.ids["api-transaction-restore"] = {"transaction_id": gone["id"]}
    scene.ids["api-corporate-action"] = {"uuid": action.uuid}
    scene.ids[""]["session_id"] = person.user.token_families.get().pk
    imports = reverse("api-imports", args=[portfolio["id"]])
    scene.ids[""] |= shared(person, portfolio["id"])
    scene.ids[""]["link_id"], public = linked(person, portfolio["id"])
    for name in ("public-portfolio", "public-chart", "public-allocation", "api-public-portfolio"):
        scene.ids[name] = {"token": public}
    scene.names["MEMBER"] = str(scene.ids[""]["user_id"])
    scene.names["ISSUE"], scene.ids[""]["issue_id"] = findings(person, portfolio["id"])
    for name in ("api-received-accept", "api-received-decline", "invitation-accept", "invitation-decline"):
        scene.on_demand[name] = lambda: {"invitation_id": received(person)}
    preset = Call("post", {"name": "Kept", "mapping": {}})
    scene.ids[""]["preset_id"] = person.send(preset, reverse("api-import-presets"), preset.body).json()["id"]
    scene.ids[""]["archive_id"] = archive_of(person)
    watched = star(actor=actor, user=person.user, instrument=instrument.uuid)
    scene.ids[""]["watchlist_id"] = watched.uuid
    waits = AlertData(Condition.ABOVE, Decimal(1000))
    alert = create_alert(actor=actor, user=person.user, instrument=instrument.uuid, data=waits)
    scene.ids[""]["alert_id"] = alert.uuid
    scene.ids[""] |= led_to(person)
    for name in (
        "api-channel-proof",
        "api-channel-verify",
        "settings-channel-proof",
        "settings-channel-verify",
    ):
        scene.on_demand[name] = lambda name=name: unproven(person, code="verify" in name)
    for name in ("api-ticker-orders", "api-ohlc"):
        scene.on_demand[name] = lambda: {"tick_id": public_instrument().uuid}
    for name in ("api-import", "api-import-apply", "api-import-undo", "api-import-as-preset"):
        scene.on_demand[name] = lambda name=name: {"import_id": bring_in(person, imports, name)}
    return scene


def public_instrument() -> Instrument:
    """Return an instrument that anybody may see."""
    values = {"name": "Open plc", "currency": "EUR"}
    return Instrument.objects.get_or_create(symbol="OPEN", owner=None, defaults=values)[0]


def led_to(person: Person) -> dict[str, Any]:
    """Make a webhook that is proven, with a delivery that failed."""
    values = {"url": "https://hooks.example.org/florin"}
    made = create_channel(
        actor=Actor.user(person.user), user=person.user, data=ChannelData(kind="webhook", values=values)
    )
    prove_by_answer(channel_id=made.channel.pk)
    failed = enqueue_one(made.channel, Delivery.Purpose.TEST)
    Delivery.objects.filter(pk=failed.pk).update(state="failed")
    return {"channel_id": made.channel.uuid, "delivery_id": failed.uuid}


def unproven(person: Person, *, code: bool) -> dict[str, Any]:
    """Make a channel that waits for its proof; or one that takes any code, since it is proven already."""
    topic = f"{person.user.pk.hex[-8:]}-{Channel.objects.count()}"
    made = create_channel(
        actor=Actor.user(person.user),
        user=person.user,
        data=ChannelData(kind="ntfy", values={"topic": topic}),
    )
    if code:
        Channel.objects.filter(pk=made.channel.pk).update(state="active")
    return {"channel_id": made.channel.uuid}


def shared(person: Person, portfolio_id: str) -> dict[str, Any]:
    """Let somebody else look at the portfolio, and invite another."""
    carol = people.create_user(email=f"carol.{person.user.email}", password=PASSWORD)
    PortfolioMember.objects.create(portfolio_id=portfolio_id, user=carol, role=Role.VIEWER)
    invited = sharing.invite_member(
        actor=Actor.user(person.user), portfolio_id=UUID(portfolio_id), email="dan@example.org", role="viewer"
    )
    token = f"{INVITED}-{portfolio_id}"
    PortfolioInvitation.objects.filter(pk=invited.invitation.pk).update(token_hash=digest(token))
    return {"user_id": carol.pk, "invitation_id": invited.invitation.pk, "token": token}


def linked(person: Person, portfolio_id: str) -> tuple[UUID, str]:
    """Make a public link to the portfolio."""
    issued = sharing.create_link(
        actor=Actor.user(person.user), portfolio_id=UUID(portfolio_id), data=sharing.LinkInput()
    )
    return issued.link.pk, issued.token


def findings(person: Person, portfolio_id: str) -> tuple[str, str]:
    """Name a finding of the quality checks, and one that is dismissed."""
    found = person.send(Call("get"), reverse("api-quality", args=[portfolio_id]), None).json()["items"]
    kept, gone = (one["issue_id"] for one in found[:2])
    dismissals = reverse("api-quality-dismissals", args=[portfolio_id])
    assert person.send(Call("post"), dismissals, {"issue_id": gone}).status_code == 201
    return kept, gone


def received(person: Person) -> UUID:
    """Invite a person to somebody else's portfolio."""
    host = User.objects.filter(email="host@example.org").first() or people.register_user(
        email="host@example.org", password=PASSWORD, email_verified=True
    )
    actor = Actor.user(host)
    portfolio = create_portfolio(actor=actor, owner_id=host.pk, name="Club", currency="EUR")
    return sharing.invite_member(
        actor=actor, portfolio_id=portfolio.pk, email=person.user.email, role="viewer"
    ).invitation.pk


def archive_of(person: Person) -> UUID:
    """Let a person have brought in an archive."""
    made = ArchiveImport(user=person.user, file_name="a.zip", sha256="0" * 64, status="done")
    made.save(force_insert=True)
    return made.pk


def bring_in(person: Person, imports: str, route: str) -> str:
    """Preview a file; apply it where the route is to undo it."""
    upload = Call("post", {"file_name": "a.csv", "content": FILE})
    batch = person.send(upload, imports, upload.body).json()
    if route == "api-import-undo":
        person.send(Call("post"), f"{imports}/{batch['id']}/apply", {})
    return batch["id"]


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org")


@pytest.fixture(scope="module")
def bob(standing) -> Person:
    return Person("bob@example.org")


@pytest.fixture(scope="module")
def stage(ada) -> Scene:
    return scene_of(ada)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


@cache
def _everything() -> str:
    models = [model for app in OWN_APPS for model in apps.get_app_config(app).get_models()]
    return " UNION ALL ".join(
        f"(SELECT '{model.__name__}', to_jsonb(t) FROM \"{model._meta.db_table}\" t"
        f" ORDER BY {', '.join(connection.ops.quote_name(one.column) for one in model._meta.pk_fields)})"
        for model in models
    )


def everything() -> dict[str, list[dict[str, Any]]]:
    """Read every row of every table of ours, as JSON has its values."""
    found: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_everything())
        for name, row in cursor:
            found.setdefault(name, []).append(json.loads(row) if isinstance(row, str) else row)
    return found


def test_every_route_has_its_row_and_every_method_its_call():
    found = {route.name: set(route.methods) for route in ROUTES}
    assert len(found) == len(ROUTES), "two routes share a name"
    assert {name: {call.method for call in some} for name, some in CALLS.items()} == found


@calls([route for route in ROUTES if route.name not in PUBLIC])
def test_anonymous_caller_is_401(route, call, scene):
    url, before = scene.url(route), everything()
    answer = send(call, url, scene.body(call.body), {})
    assert (answer.status_code, answer.json()["type"]) == (401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert everything() == before


@calls([route for route in ROUTES if route.name in PUBLIC])
def test_public_route_asks_for_no_token(route, call, scene):
    assert send(call, scene.url(route), scene.body(call.body), {}).status_code == call.status


@calls(ROUTES)
def test_owner_may(route, call, ada, scene):
    """Prove that the table's calls are right: else the refusals below would say nothing."""
    Coin.objects.create(coin_id="bitcoin", symbol="BTC", name="Bitcoin")
    if route.name == "crypto-remove":
        ada.send(Call("post"), reverse("crypto-add"), {"coin_id": "bitcoin", "amount": 1})
    answer = ada.send(call, scene.url(route), scene.body(call.body))
    assert answer.status_code == call.status, answer.content


@calls(BY_ID)
def test_stranger_is_404_and_changes_nothing(route, call, bob, scene):
    url, before = scene.url(route), everything()
    answer = bob.send(call, url, scene.body(call.body))
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found"), answer.content
    assert everything() == before


@calls(BY_ID)
def test_strangers_object_and_no_object_answer_alike(route, call, bob, scene):
    nowhere = Scene({"": {name: uuid4() for name in route.ids}}, scene.names)
    theirs = bob.send(call, scene.url(route), scene.body(call.body)).json()
    nobodys = bob.send(call, nowhere.url(route), scene.body(call.body)).json()
    assert theirs.pop("request_id") != nobodys.pop("request_id")
    assert theirs == nobodys


@calls([route for route in BY_ID if len(route.ids) > 1])
def test_strangers_object_below_ones_own_is_404(route, call, bob, scene):
    """Bob's own portfolio in the address does not open what lies in Ada's."""
    own = bob.send(Call("post"), reverse("api-portfolios"), {"name": "Own", "currency": "EUR"}).json()
    scene.url(route)
    mixed = Scene(
        {"": {**scene.ids[""], **scene.ids.get(route.name, {}), "portfolio_id": own["id"]}}, scene.names
    )
    before = everything()
    assert bob.send(call, mixed.url(route), scene.body(call.body)).status_code == 404
    assert everything() == before


def member(person: Person, scene: Scene, role: Role) -> None:
    PortfolioMember.objects.create(portfolio_id=scene.ids[""]["portfolio_id"], user=person.user, role=role)
    Instrument.objects.filter(uuid=scene.ids[""]["uuid"]).update(owner=None)  # so that both may name it


@calls(OF_PORTFOLIO)
def test_viewer_reads_and_may_not_write(route, call, bob, scene):
    member(bob, scene, Role.VIEWER)
    url, before = scene.url(route), everything()
    answer = bob.send(call, url, scene.body(call.body))
    if call.method == "get" and (route.name, call.method) not in OWNERS:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["type"]) == (403, "forbidden"), answer.content
        assert everything() == before


@calls(OF_PORTFOLIO)
def test_editor_writes_and_may_not_do_what_is_the_owners(route, call, bob, scene):
    member(bob, scene, Role.EDITOR)
    answer = bob.send(call, scene.url(route), scene.body(call.body))
    refused = (route.name, call.method) in OWNERS
    assert answer.status_code == (403 if refused else call.status), answer.content


def test_member_whose_membership_ended_is_a_stranger_again(bob, scene):
    member(bob, scene, Role.EDITOR)
    url = reverse("api-portfolio", args=[scene.ids[""]["portfolio_id"]])
    assert bob.send(Call("get"), url, None).status_code == 200
    PortfolioMember.objects.filter(user=bob.user).delete()
    assert bob.send(Call("get"), url, None).status_code == 404


@pytest.mark.parametrize(
    "name", ["api-instruments", "api-portfolios", "api-rates", "orders-purchased", "api-net-worth"]
)
def test_list_of_a_stranger_shows_nothing_of_another(name, ada, bob, scene):
    ada.send(Call("post"), reverse("place-order"), scene.body([ORDER]))
    ada.send(Call("post"), reverse("api-rates"), [RATE])
    text = bob.send(Call("get"), reverse(name), None).content.decode()
    shown = [str(one) for one in (*scene.ids[""].values(), ada.user.pk) if str(one) in text]
    assert shown == []
    assert json.loads(text).get("total", 0) in {0, "0"}


@calls([route for route in ROUTES if route.name in {"api-instrument", "api-bars", "api-corporate-actions"}])
def test_public_instrument_is_read_by_all_and_written_by_staff_only(route, call, bob, scene):
    Instrument.objects.filter(uuid=scene.ids[""]["uuid"]).update(owner=None)
    url, before = scene.url(route), everything()
    answer = bob.send(call, url, scene.body(call.body))
    assert answer.status_code == (200 if call.method == "get" else 403), answer.content
    assert everything() == before


def test_transaction_in_a_strangers_instrument_looks_unknown(bob, scene):
    own = bob.send(Call("post"), reverse("api-portfolios"), {"name": "Own", "currency": "EUR"}).json()
    listing = reverse("api-transactions", args=[own["id"]])
    theirs = bob.send(Call("post"), listing, scene.body(BUY))
    nobodys = bob.send(Call("post"), listing, {**BUY, "instrument": str(uuid4())})
    assert theirs.status_code == nobodys.status_code == 400
    assert theirs.json()["errors"] == nobodys.json()["errors"]
    assert [one["field"] for one in theirs.json()["errors"]] == ["instrument"]


def test_cookie_without_the_csrf_token_is_refused(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada.user)
    assert client.get(reverse("api-users-me")).status_code == 200
    answer = client.post(reverse("api-portfolios"), {"name": "A", "currency": "EUR"}, "application/json")
    assert (answer.status_code, answer.json()["type"]) == (403, "csrf-failed")


def test_closed_account_is_401(ada):
    User.objects.filter(pk=ada.user.pk).update(is_active=False)
    assert ada.send(Call("get"), reverse("api-portfolios"), None).status_code == 401
