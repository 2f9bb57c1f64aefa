"""Where a user is signed in: listed, ended, told of, and not written at every request."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import services, tasks
from accounts.domain import Device, device_of
from accounts.models import BrowserSession, KnownOrigin, TokenFamily
from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_pages import LOGIN, check, prove
from tests.accounts.test_sign_in import NOON

pytestmark = pytest.mark.django_db
LIST = "/api/v1/users/me/sessions"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)


def browser(agent: str = FIREFOX, address: str = "192.0.2.1") -> Client:
    return Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)


def sign_in(client: Client) -> Client:
    assert client.post(reverse("account_login"), LOGIN).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("settings")).status_code == 200


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, Device("Firefox", "Windows")),
        (SAFARI, Device("Safari", "iPhone")),
        (EDGE, Device("Edge", "macOS")),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
            Device("Chrome", "Android"),
        ),
        ("python-httpx/0.28.1", Device("python-httpx", "")),
        ("curl/8.5.0", Device("curl", "")),
        ("Mozilla/5.0", Device("", "")),
        ("", Device("", "")),
        ("<script>/1", Device("", "")),
    ],
)
def test_device_is_read_out_of_the_user_agent(agent, device):
    assert device_of(agent) == device


def test_page_lists_browsers_and_programs_and_marks_this_one(ada):
    here = sign_in(browser())
    sign_in(browser(SAFARI, "2001:db8::1"))
    services.sign_in(email=ada.email, password=PASSWORD)
    html = check(here.get(reverse("settings-sessions")))
    assert "Firefox on Windows" in html
    assert "Safari on iPhone" in html
    assert "2001:db8::1" in html
    assert "Unknown device" in html  # the sign-in by the service, which has no user agent
    assert html.count("this one") == 1
    assert html.count('aria-label="Sign out ') == 2


def test_ended_session_is_signed_out_on_its_next_request(ada):
    here, there = sign_in(browser()), sign_in(browser(SAFARI))
    assert is_in(there)
    row = BrowserSession.objects.get(agent=SAFARI)
    here.post(reverse("settings-session-end", args=[row.pk]))
    assert (is_in(here), is_in(there)) == (True, False)
    assert not Session.objects.filter(session_key=row.session_key).exists()
    event = AuditEvent.objects.get(object_id=str(row.pk))
    assert (event.verb, event.reason, event.actor_id) == ("user.signed_out", "revoked", ada.pk)


def test_ended_session_is_out_though_a_cache_holds_its_data(ada):
    """Another process may have put the session back into the cache at the moment it was deleted."""
    there = sign_in(browser())
    assert is_in(there)
    row = BrowserSession.objects.get()
    kept = there.session
    data = dict(kept.items())
    services.end_session(actor=Actor.user(ada), user_id=ada.pk, session_id=row.pk)
    cache.set(kept.cache_key, data, 60)
    assert not is_in(there)


def test_ended_program_is_refused_at_its_next_call(ada, api, tokens):
    here = sign_in(browser())
    family = TokenFamily.objects.get()
    here.post(reverse("settings-session-end", args=[family.pk]))
    assert api.me(tokens["access_token"]).status_code == 401
    assert api.refresh(tokens["refresh_token"]).status_code == 401
    family.refresh_from_db()
    assert family.revoked_reason == "revoked"


def test_all_others_end_at_once_and_this_one_stays(ada, api, tokens):
    here, there, third = (sign_in(browser(agent)) for agent in (FIREFOX, SAFARI, EDGE))
    answer = here.post(reverse("settings-sessions-end-others"), follow=True)
    assert "3 other sign-ins ended." in check(answer)
    assert [is_in(one) for one in (here, there, third)] == [True, False, False]
    assert api.me(tokens["access_token"]).status_code == 401
    assert BrowserSession.objects.count() == 1


def test_session_of_somebody_else_is_404_and_stays(ada, make_user):
    bob = make_user("bob@example.org")
    row_id = services.open_session(user=bob, session_key="theirs")
    here = sign_in(browser())
    for url in (reverse("settings-session-end", args=[row_id]), f"{LIST}/{row_id}"):
        send = here.delete if url.startswith("/api") else here.post
        assert send(url).status_code == 404
    with pytest.raises(NotFound):
        services.end_session(actor=Actor.user(ada), user_id=bob.pk, session_id=row_id)
    with pytest.raises(NotFound):
        services.end_other_sessions(actor=Actor.user(ada), user_id=bob.pk, keep=None)
    assert BrowserSession.objects.filter(pk=row_id).exists()


def test_api_lists_both_kinds_and_ends_them(ada, api, tokens):
    there = sign_in(browser())
    rows = api("GET", LIST, token=tokens["access_token"]).json()
    assert [(row["kind"], row["is_current"]) for row in rows] == [("api", True), ("browser", False)]
    assert rows[1] | {"first_seen_at": "", "last_seen_at": ""} == {
        "id": str(BrowserSession.objects.get().pk),
        "kind": "browser",
        "device": "Firefox on Windows",
        "address": "192.0.2.1",
        "first_seen_at": "",
        "last_seen_at": "",
        "is_current": False,
    }
    ended = api("DELETE", f"{LIST}/{rows[1]['id']}", token=tokens["access_token"])
    assert (ended.status_code, is_in(there)) == (204, False)
    again = api("DELETE", f"{LIST}/{rows[1]['id']}", token=tokens["access_token"])
    assert (again.status_code, again.json()["type"]) == (404, "not-found")
    assert api("DELETE", f"{LIST}/{uuid4()}", token=tokens["access_token"]).status_code == 404
    assert api("DELETE", f"{LIST}/{rows[0]['id']}", token=tokens["access_token"]).status_code == 204
    assert api.me(tokens["access_token"]).status_code == 401


def test_api_by_cookie_marks_the_browser(ada):
    here = sign_in(browser())
    assert [(row["kind"], row["is_current"]) for row in here.get(LIST).json()] == [("browser", True)]


def test_list_leaves_out_what_a_new_password_ended(ada, api, tokens):
    here, there = sign_in(browser()), sign_in(browser(SAFARI))
    new = "another horse battery"
    body = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post(reverse("account_change_password"), body).headers["Location"] == "/settings/security/"
    rows = here.get(LIST).json()
    assert [(row["device"], row["is_current"]) for row in rows] == [("Firefox on Windows", True)]
    assert not is_in(there)


def test_list_leaves_out_what_ended_by_itself(ada, api):
    here, there = sign_in(browser()), sign_in(browser(SAFARI))
    pair = api.sign_in().json()
    assert len(here.get(LIST).json()) == 3
    api("POST", "/api/v1/users/logout", {"refresh_token": pair["refresh_token"]})
    there.post(reverse("account_logout"))
    assert len(here.get(LIST).json()) == 1
    assert BrowserSession.objects.count() == 1


def test_sign_in_changes_the_key_of_the_session(ada):
    """Session fixation: a key that somebody planted before the sign-in opens nothing after it."""
    victim = browser()
    victim.get(reverse("account_login") + "?next=/settings/")
    session = victim.session
    session["planted"] = True
    session.save()
    victim.cookies["sessionid"] = planted = session.session_key
    sign_in(victim)
    assert victim.cookies["sessionid"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()
    thief = browser()
    thief.cookies["sessionid"] = planted
    assert (is_in(victim), is_in(thief)) == (True, False)


def test_sign_out_and_sign_in_change_the_key_again(ada):
    here = sign_in(browser())
    first = here.cookies["sessionid"].value
    here.post(reverse("account_logout"))
    sign_in(here)
    assert here.cookies["sessionid"].value != first
    thief = browser()
    thief.cookies["sessionid"] = first
    assert not is_in(thief)


def test_second_sign_in_in_one_browser_leaves_one_row(ada):
    here = sign_in(browser())
    here.post(reverse("account_logout"))
    sign_in(here)
    assert BrowserSession.objects.count() == 1


def test_last_seen_is_written_every_few_minutes_only(ada, api):
    with time_machine.travel(NOON, tick=False) as time:
        here, pair = sign_in(browser()), api.sign_in().json()
        time.shift(timedelta(minutes=4))
        is_in(here)
        api.me(pair["access_token"])
        assert BrowserSession.objects.get().last_seen_at == NOON
        assert TokenFamily.objects.get().last_used_at == NOON
        time.shift(timedelta(minutes=2))
        is_in(here)
        api.me(pair["access_token"])
        assert BrowserSession.objects.get().last_seen_at == NOON + timedelta(minutes=6)
        assert TokenFamily.objects.get().last_used_at == NOON + timedelta(minutes=6)


def test_session_that_nobody_listed_is_listed_when_it_is_seen(ada):
    here = browser()
    here.force_login(ada)
    assert BrowserSession.objects.count() == 0
    assert is_in(here)
    assert BrowserSession.objects.get().session_key == here.session.session_key
    is_in(here)
    assert BrowserSession.objects.count() == 1


def test_erasure_takes_sessions_and_origins_and_what_they_hold(ada, make_user):
    here, there = sign_in(browser()), sign_in(browser(SAFARI))
    make_user("bob@example.org")
    other = browser()
    other.post(reverse("account_login"), {**LOGIN, "login": "bob@example.org"})
    assert Session.objects.count() == 3
    services.erase_user(actor=Actor.user(ada), user_id=ada.pk, password=PASSWORD)
    assert list(BrowserSession.objects.values_list("user__email", flat=True)) == ["bob@example.org"]
    assert list(KnownOrigin.objects.values_list("user__email", flat=True)) == ["bob@example.org"]
    assert Session.objects.count() == 1
    assert [is_in(one) for one in (here, there, other)] == [False, False, True]


def test_purge_drops_rows_without_a_session_and_origins_of_long_ago(ada):
    kept = sign_in(browser())
    long_ago = clock.now() - timedelta(days=400)
    services.open_session(user=ada, session_key="gone")
    BrowserSession.objects.filter(session_key="gone").update(last_seen_at=long_ago)
    KnownOrigin.objects.create(user=ada, device="x", network="y", last_seen_at=long_ago)
    tasks.purge_sessions()
    assert [row.session_key for row in BrowserSession.objects.all()] == [kept.session.session_key]
    assert list(KnownOrigin.objects.values_list("network", flat=True)) == ["192.0.2.1"]


def mails() -> list[str]:
    found = [one.subject for one in mail.outbox]
    mail.outbox.clear()
    return found


@pytest.mark.django_db(transaction=True)
def test_new_device_and_new_network_are_told_and_known_ones_are_not(ada):
    sign_in(browser())
    assert mails() == []  # the first one has nothing to be compared with
    sign_in(browser())
    assert mails() == []
    sign_in(browser(SAFARI))
    assert mails() == ["New sign-in to your account"]
    sign_in(browser(FIREFOX, "198.51.100.7"))
    assert mails() == ["New sign-in to your account"]
    sign_in(browser(SAFARI, "198.51.100.7"))  # both are known, if not together
    sign_in(browser(FIREFOX.replace("143", "144")))  # an update is no new device
    assert mails() == []


@pytest.mark.django_db(transaction=True)
def test_notice_says_where_the_sign_in_came_from(ada):
    sign_in(browser())
    sign_in(browser(SAFARI, "198.51.100.7"))
    (message,) = mail.outbox
    assert message.to == ["ada@example.org"]
    assert "198.51.100.7" in message.body
    assert SAFARI in message.body


@pytest.mark.django_db(transaction=True)
def test_sign_in_over_the_api_is_told_too(ada, api):
    sign_in(browser())
    assert api.sign_in().status_code == 200
    assert mails() == ["New sign-in to your account"]
    assert api.sign_in(password="wrong").status_code == 401
    assert mails() == []


@pytest.mark.django_db(transaction=True)
def test_two_first_sign_ins_at_once_leave_one_origin(ada, two_at_once):
    assert all(two_at_once(lambda: is_in(sign_in(browser()))))
    assert KnownOrigin.objects.count() == 1


def test_addresses_of_ipv6_count_by_their_network(ada):
    for address in ("2001:db8:1:2::1", "2001:db8:1:2::ffff"):
        sign_in(browser(FIREFOX, address))
    assert list(KnownOrigin.objects.values_list("network", flat=True)) == ["2001:db8:1:2::"]


def test_reauthentication_keeps_one_row(ada):
    here = sign_in(browser())
    prove(here)
    assert BrowserSession.objects.get().user == ada
