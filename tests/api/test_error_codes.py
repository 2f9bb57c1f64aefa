"""Every code of docs/errors.md, produced for real: by HTTP, or by the service that a command calls.

A code without a case fails, so whoever adds one shows here how a caller comes to see it.
"""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import services as people
from accounts.models import PersonalAccessToken, User
from alerts.domain.channels import MOST_TRIES
from alerts.models import Alert, Channel
from alerts.services.alerts import MOST_ALERTS
from alerts.services.channels import MOST_CHANNELS
from core import clock
from core.actor import Actor
from core.errors import DomainError
from core.models import Role
from core.roles import StaffRole
from market.models import Exchange, Instrument
from market.selectors import instruments
from market.services.watchlists import MOST_LISTS
from portfolios.models import Portfolio, PortfolioMember, PublicLink
from portfolios.services import archive
from tests.api import error_platform as error_platform  # noqa: PLC0414  # its cases count here
from tests.api import error_sources as error_sources  # noqa: PLC0414  # and these
from tests.api.conftest import PASSWORD
from tests.api.error_ground import CASES, Ground, produces
from tests.api.routes import BUY, SPLIT, TOKEN
from tests.api.test_permissions import Person, bring_in, member, received
from tests.architecture.test_documentation import DOCS, tabled
from tests.market.builders import bring_in as import_prices
from tests.support.oidc import settings_for
from tests.support.redis_server import free_port

pytestmark = pytest.mark.django_db
CODES = tabled("errors.md")
STATUS = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", (DOCS / "errors.md").read_text(), re.MULTILINE))


@pytest.fixture
def ground(settings, monkeypatch, run_root) -> Ground:
    cache.clear()
    folder = run_root / f"codes-{uuid4().hex[:8]}"
    folder.mkdir(mode=0o755)
    return Ground(settings, monkeypatch, folder)


def test_every_code_has_a_case():
    assert sorted(CASES) == sorted(CODES)


@pytest.mark.parametrize("code", CODES)
def test_code_is_produced_with_its_status(ground, code):
    expected = int(STATUS.get(code, 503))  # those of the embedded database have no column of their own
    answer, raised = None, None
    try:
        answer = CASES[code](ground)
    except DomainError as error:
        raised = error
    if raised is not None:
        assert (raised.status, raised.code) == (expected, code)
        assert raised.detail
        return
    assert answer.status_code == expected, answer.content[:1000]
    if answer.headers["Content-Type"] == "application/problem+json":
        body = answer.json()
        assert (body["type"], body["status"]) == (code, expected)
        assert {"title", "detail", "request_id"} <= body.keys()


@produces("validation-failed")
def _(at: Ground) -> Any:
    return at.send("post", "/api/v1/portfolios", {})


@produces("malformed")
def _(at: Ground) -> Any:
    return Client().post("/api/v1/portfolios", b"{", "application/json", headers=at.ada.headers)


@produces("oversold")
def _(at: Ground) -> Any:
    return at.send("post", f"{at.portfolio}/transactions", {**BUY, "kind": "sell", "quantity": "100"})


@produces("ambiguous-symbol")
def _(at: Ground) -> Any:
    for mic in ("XETR", "XNAS"):
        venue, _made = Exchange.objects.get_or_create(mic=mic, defaults={"name": mic, "country": "DE"})
        Instrument.objects.create(symbol="TWIN", name="Twin", currency="EUR", exchange=venue)
    return instruments.by_symbol(at.ada.user, "TWIN")


@produces("import-refused")
def _(_at: Ground) -> Any:
    return import_prices(b"nothing of prices")


@produces("unreadable-file")
def _(at: Ground) -> Any:
    return at.send("post", f"{at.portfolio}/imports", {"content": "<html></html>"})


@produces("archive-broken")
def _(_at: Ground) -> Any:
    return archive.opened(io.BytesIO(b"no ZIP file"))


@produces("import-errors")
def _(at: Ground) -> Any:
    good, bad = "2024-01-08,DEPOSIT,1,EUR", "2024-01-08,DEPOSIT,much,EUR"
    where = at.file(f"date,type,amount,currency\n{good}\n{bad}\n")
    return at.send("post", f"{where}/apply", {"strict": True})


@produces("not-authenticated")
def _(_at: Ground) -> Any:
    return Client().get("/api/v1/portfolios")


@produces("invalid-credentials")
def _(at: Ground) -> Any:
    return at.sign_in(password="wrong password")


@produces("mfa-required")
def _(at: Ground) -> Any:
    totp.TOTP.activate(at.ada.user, totp.generate_totp_secret())
    return at.sign_in()


@produces("mfa-code-invalid")
def _(at: Ground) -> Any:
    totp.TOTP.activate(at.ada.user, totp.generate_totp_secret())
    return at.sign_in(code="000000x")


@produces("token-invalid")
def _(at: Ground) -> Any:
    return at.anonymous(reverse("api-users-refresh"), {"refresh_token": "unknown"})


@produces("sign-in-provider-unavailable")
def _(at: Ground) -> Any:
    at.settings.SOCIALACCOUNT_PROVIDERS = settings_for(f"http://127.0.0.1:{free_port()}")
    return Client().post("/accounts/oidc/sso/login/")


@produces("forbidden")
def _(at: Ground) -> Any:
    bob = Person("bob@example.org")
    member(bob, at.scene, Role.VIEWER)
    return at.send("patch", at.portfolio, {"name": "Mine"}, bob)


@produces("address-unproven")
def _(at: Ground) -> Any:
    EmailAddress.objects.filter(user=at.ada.user).update(verified=False)
    return at.send("post", f"{at.portfolio}/invitations", {"email": "eve@example.org", "role": "viewer"})


@produces("insufficient-scope")
def _(at: Ground) -> Any:
    program = at.program("portfolios:read")
    return at.send("post", "/api/v1/portfolios", {"name": "A", "currency": "EUR"}, program)


@produces("sign-in-required")
def _(at: Ground) -> Any:
    return at.send("get", reverse("api-users-tokens"), None, at.program("portfolios:read"))


@produces("managed-portfolio")
def _(at: Ground) -> Any:
    Portfolio.objects.filter(pk=at.ids["portfolio_id"]).update(kind="simulated", managed_by=uuid4())
    return at.send("patch", at.portfolio, {"name": "Mine"})


@produces("erasure-pending")
def _(at: Ground) -> Any:
    assert at.send("post", reverse("api-user-erasure"), {"password": PASSWORD}).status_code == 202
    headers = {"Authorization": f"Bearer {at.sign_in().json()['access_token']}"}
    return Client().get("/api/v1/portfolios", headers=headers)


@produces("support-not-allowed")
def _(at: Ground) -> Any:
    boss = User.objects.create_superuser("boss@example.org", PASSWORD)
    asked = {"person_id": at.ada.user.pk, "reason": "helps", "minutes": 5}
    return people.start_access(actor=Actor.user(boss), **asked)


@produces("support-ended")
def _(at: Ground) -> Any:
    client = at.looking()
    people.stop_support(actor=Actor.user(at.ada.user), user_id=at.ada.user.pk)
    return client.get("/api/v1/portfolios")


@produces("look-only")
def _(at: Ground) -> Any:
    return at.looking().post("/api/v1/portfolios", {"name": "A", "currency": "EUR"}, "application/json")


@produces("csrf-failed")
def _(at: Ground) -> Any:
    client = at.by_cookie(at.ada.user, enforce=True)
    return client.post("/api/v1/portfolios", {"name": "A", "currency": "EUR"}, "application/json")


@produces("not-found")
def _(at: Ground) -> Any:
    return at.send("get", reverse("api-portfolio", args=[uuid4()]))


@produces("method-not-allowed")
def _(at: Ground) -> Any:
    return at.send("put", "/api/v1/portfolios", {})


@produces("not-acceptable")
def _(at: Ground) -> Any:
    return Client().get("/api/v1/portfolios", headers={**at.ada.headers, "Accept": "text/html"})


@produces("conflict")
def _(at: Ground) -> Any:
    system = Actor.system("test")
    people.sync_roles(actor=system)
    for _turn in range(2):
        people.grant_role(actor=system, user_id=at.ada.user.pk, role=StaffRole.AUDITOR, reason="test")
    return None


@produces("email-taken")
def _(at: Ground) -> Any:
    return at.anonymous(reverse("api-users-signup"), {"email": "ADA@example.org", "password": PASSWORD})


@produces("too-many-tokens")
def _(at: Ground) -> Any:
    PersonalAccessToken.objects.bulk_create(
        PersonalAccessToken(
            user=at.ada.user, name=str(n), scopes=TOKEN["scopes"], token_hash=f"{n:064}", beginning="x"
        )
        for n in range(50)
    )
    return at.send("post", reverse("api-users-tokens"), TOKEN)


@produces("key-reused")
def _(at: Ground) -> Any:
    headers = {**at.ada.headers, "Idempotency-Key": "the-key-1"}
    for name in ("First", "Second"):
        body = {"name": name, "currency": "EUR"}
        answer = Client().post("/api/v1/portfolios", body, "application/json", headers=headers)
    return answer


@produces("already-member")
def _(at: Ground) -> Any:
    member(Person("bob@example.org"), at.scene, Role.VIEWER)
    return at.send("post", f"{at.portfolio}/invitations", {"email": "bob@example.org", "role": "viewer"})


@produces("import-empty")
def _(at: Ground) -> Any:
    where = at.file("date,type,amount,currency\n2024-01-08,DEPOSIT,much,EUR\n")
    return at.send("post", f"{where}/apply", {})


@produces("import-in-use")
def _(at: Ground) -> Any:
    where = f"{at.portfolio}/imports"
    batch = bring_in(at.ada, where, "api-import-undo")
    sale = {**BUY, "kind": "sell", "date": "2024-01-09", "quantity": "3"}
    assert at.send("post", f"{at.portfolio}/transactions", sale).status_code == 201
    return at.send("post", f"{where}/{batch}/undo", {})


@produces("import-state")
def _(at: Ground) -> Any:
    batch = bring_in(at.ada, f"{at.portfolio}/imports", "api-import-undo")
    return at.send("post", f"{at.portfolio}/imports/{batch}/apply", {})


@produces("invitation-closed")
def _(at: Ground) -> Any:
    invitation = received(at.ada)
    assert at.send("post", reverse("api-received-decline", args=[invitation]), {}).status_code == 204
    return at.send("post", reverse("api-received-accept", args=[invitation]), {})


@produces("owner-stays")
def _(at: Ground) -> Any:
    where = reverse("api-member", args=[at.ids["portfolio_id"], at.ada.user.pk])
    return at.send("delete", where)


@produces("too-many-members")
def _(at: Ground) -> Any:
    crowd = User.objects.bulk_create(User(email=f"p{n}@example.org") for n in range(50))
    PortfolioMember.objects.bulk_create(
        PortfolioMember(portfolio_id=at.ids["portfolio_id"], user=one, role=Role.VIEWER) for one in crowd
    )
    return at.send("post", f"{at.portfolio}/invitations", {"email": "eve@example.org", "role": "viewer"})


@produces("too-many-links")
def _(at: Ground) -> Any:
    PublicLink.objects.bulk_create(
        PublicLink(portfolio_id=at.ids["portfolio_id"], token_hash=f"{n:064}", beginning="x")
        for n in range(20)
    )
    return at.send("post", f"{at.portfolio}/public-links", {})


@produces("stale-version")
def _(at: Ground) -> Any:
    where = f"{at.portfolio}/transactions/{at.ids['transaction_id']}"
    assert at.send("patch", where, {"note": "a", "version": 1}).status_code == 200
    return at.send("patch", where, {"note": "b", "version": 1})


@produces("instrument-in-use")
def _(at: Ground) -> Any:
    return at.send("delete", reverse("api-instrument", args=[at.ids["uuid"]]))


@produces("watchlist-full")
def _(at: Ground) -> Any:
    for number in range(MOST_LISTS - 1):
        assert at.send("post", reverse("api-watchlists"), {"name": f"List {number}"}).status_code == 201
    return at.send("post", reverse("api-watchlists"), {"name": "One more"})


@produces("too-many-alerts")
def _(at: Ground) -> Any:
    instrument = instruments.get(at.ada.user, at.ids["uuid"])
    values = {"condition": "above", "level": 1, "instrument": instrument}
    Alert.objects.bulk_create(Alert(owner=at.ada.user, **values) for _ in range(MOST_ALERTS))
    waits = {"instrument": str(instrument.uuid), "condition": "above", "level": "1"}
    return at.send("post", reverse("api-alerts"), waits)


@produces("alert-done")
def _(at: Ground) -> Any:
    Alert.objects.update(state="fired")
    return at.send("post", reverse("api-alert-pause", args=[at.ids["alert_id"]]))


def made_channel(at: Ground, number: int) -> Any:
    values = {"kind": "ntfy", "settings": {"topic": f"florin-{number}"}}
    return at.send("post", reverse("api-channels"), values)


@produces("too-many-channels")
def _(at: Ground) -> Any:
    Channel.objects.bulk_create(
        Channel(owner=at.ada.user, kind="ntfy", name="n", config=f'{{"topic": "t{number}"}}')
        for number in range(MOST_CHANNELS)
    )
    return made_channel(at, 1)


@produces("channel-exists")
def _(at: Ground) -> Any:
    assert made_channel(at, 1).status_code == 201
    return made_channel(at, 1)


@produces("channel-unproven")
def _(at: Ground) -> Any:
    return at.send("post", f"{reverse('api-channels')}/{made_channel(at, 1).json()['id']}/test")


@produces("channel-stopped")
def _(at: Ground) -> Any:
    made = made_channel(at, 1).json()["id"]
    Channel.objects.filter(uuid=made).update(state="disabled", stopped_by_staff_at=clock.now())
    return at.send("post", f"{reverse('api-channels')}/{made}/resume")


@produces("proof-closed")
def _(at: Ground) -> Any:
    where = f"{reverse('api-channels')}/{made_channel(at, 1).json()['id']}/verify"
    for _try in range(MOST_TRIES):
        assert at.send("post", where, {"code": "wrong"}).status_code == 400
    return at.send("post", where, {"code": "wrong"})


@produces("account-channel")
def _(at: Ground) -> Any:
    own = Channel.objects.get(owner=at.ada.user, is_account=True)
    return at.send("delete", reverse("api-channel", args=[own.uuid]))


@produces("instrument-exists")
def _(at: Ground) -> Any:
    return at.send("post", "/api/v1/instruments", {"symbol": "MINE", "name": "Again", "currency": "EUR"})


@produces("action-exists")
def _(at: Ground) -> Any:
    where = reverse("api-corporate-actions", args=[at.ids["uuid"]])
    assert at.send("post", where, SPLIT).status_code == 201
    return at.send("post", where, SPLIT)


@produces("lots-not-held")
def _(at: Ground) -> Any:
    assert at.send("post", f"{at.portfolio}/transactions", BUY).status_code == 201
    lots = [{"transaction": at.ids["transaction_id"], "quantity": "1.5"}]
    sale = {**BUY, "kind": "sell", "date": "2024-01-09", "quantity": "1.5", "lots": lots}
    return at.send("post", f"{at.portfolio}/transactions", sale)


@produces("moved-on")
def _(at: Ground) -> Any:
    other = at.send("post", "/api/v1/portfolios", {"name": "Other", "currency": "EUR"}).json()["id"]
    move = {"instrument": "INSTRUMENT", "quantity": "1", "to": other, "date": "2024-01-09"}
    assert at.send("post", f"{at.portfolio}/transfers", move).status_code == 201
    return at.send("patch", f"{at.portfolio}/transactions/{at.ids['transaction_id']}", {"price": "99"})
