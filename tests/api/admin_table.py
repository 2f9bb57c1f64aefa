"""Who may do what in the admin: a row for each model, page and action.

`test_admin_permissions.py` compares it with the admin site's registry and with what the pages
answer. Whoever registers a ModelAdmin adds its row to `MODELS` (and its custom pages and actions,
if it has any), and a row of the model to `more_rows`, where the scene makes none. The letters:

    S support · M market data · A auditor · D admin · U superuser

Visitors, people who are no staff and staff without a role open nothing but what `ANY_STAFF` names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.utils import timezone

from accounts.models import StoredMail, User
from alerts.models import Outbox
from config import schedule
from core import audit, context
from core.actor import Actor
from core.roles import StaffRole
from market.models import Coin, Exchange, FxRate, Instrument, PriceImport, PriceSource, SourceSymbol
from market.services.replay import ReplayData, create_replay

REGISTERED = {options.opts.label_lower: options for options in admin.site._registry.values()}
ROLES = {"S": "support", "M": "market-data", "A": "auditor", "D": "admin", "U": "superuser"}


@dataclass(frozen=True)
class Row:
    """Who may look at a model (list, row, history), add, change and delete its rows.

    `actions` are those of the list, `pages` further pages by the name of their route without the model's.
    """

    look: str
    add: str = ""
    change: str = ""
    delete: str = ""
    actions: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)


MODELS = {
    # people
    "accounts.user": Row(
        "SADU",
        add="DU",
        change="SDU",
        pages={"look": "SDU"},
        actions={
            "remove_factors": "DU",
            **dict.fromkeys(("send_link", "sign_out", "close", "reopen"), "SDU"),
            **{f"{verb}_{role.name.lower()}": "DU" for verb in ("grant", "revoke") for role in StaffRole},
        },
    ),
    "accounts.tokenfamily": Row("SADU"),
    "accounts.refreshtoken": Row("ADU"),
    "accounts.personalaccesstoken": Row("SADU", actions={"revoke": "SDU"}),
    "accounts.supportaccess": Row("ADU"),
    "accounts.storedmail": Row("DU"),
    "account.emailaddress": Row("SADU"),
    "socialaccount.socialaccount": Row("ADU"),
    "auth.group": Row("ADU", add="U", change="U", delete="U"),
    # what was done
    "core.auditevent": Row("ADU"),
    "core.auditorigin": Row("ADU"),
    "core.jobrun": Row("ADU"),
    # the market
    "market.instrument": Row(
        "SMADU",
        add="MDU",
        change="MDU",
        actions={"delete_for": "MDU"},
        pages={"import": "MDU", "export": "SMADU"},
    ),
    "market.corporateaction": Row(
        "SMADU", add="MDU", actions={"delete_for": "MDU"}, pages={"import": "MDU", "export": "SMADU"}
    ),
    "market.exchange": Row("SMADU", pages={"import": "MDU", "export": "SMADU"}),
    "market.coin": Row("SMADU"),
    "market.dailybar": Row("MADU", pages={"import": "MDU", "export": "MADU"}),
    "market.fxrate": Row("MADU", pages={"import": "MDU", "export": "MADU"}),
    "market.priceimport": Row("MADU"),
    "market.quote": Row("MADU"),
    "market.pricesource": Row(
        "MADU",
        add="MDU",
        change="MDU",
        actions=dict.fromkeys(("resume", "pause", "reset", "remove"), "MDU"),
        pages={"ask": "MDU"},
    ),
    "market.sourcesymbol": Row("MADU", add="MDU", change="MDU", actions={"forget": "MDU"}),
    "market.historycheck": Row("MADU"),
    "market.replay": Row(
        "MADU", add="MDU", change="MDU", actions=dict.fromkeys(("resume", "pause", "finish"), "MDU")
    ),
    "market.heldquote": Row("MADU", actions=dict.fromkeys(("release", "discard"), "MDU")),
    # ledgers
    "portfolios.portfolio": Row("ADU"),
    "portfolios.transaction": Row("ADU"),
    "portfolios.transactionimport": Row("SADU"),
    # alerts
    "alerts.alert": Row("SADU"),
    "alerts.notification": Row("SADU"),
    "alerts.channel": Row("SADU", actions=dict.fromkeys(("disable", "enable"), "SDU")),
    "alerts.delivery": Row("SADU", actions=dict.fromkeys(("again", "drop"), "SDU")),
    "alerts.outbox": Row("ADU", actions=dict.fromkeys(("pause", "go_on"), "DU")),
    # the schedule
    "django_celery_beat.periodictask": Row(
        "ADU",
        add="DU",
        change="DU",
        actions=dict.fromkeys(("run", "switch_on", "switch_off", "take_off"), "DU"),
    ),
}
# Pages of the site itself, by the name of their route.
ANY_STAFF = {"index", "password_change", "password_change_done", "jsi18n", "logout"}
# Those that answer by what they are asked about: Django asks the model's own permissions.
BY_MODEL = {"login", "autocomplete", "app_list"}


def more_rows() -> dict[str, Model]:
    """Make a row of each model that a person's scene lacks, and of those where it matters which."""
    schedule.install()  # a test before this one may have emptied every table
    with context.bound(context.RequestContext(address="203.0.113.9", agent="x/1")):
        event = audit.record(actor=Actor.system("t"), verb="x.done", object_type="x", object_id="1")
    public = Instrument.objects.create(symbol="PUB", name="Public", currency="EUR")
    source = PriceSource.objects.create(name="one", kind="ecb")
    ada = User.objects.get(email="ada@example.org")
    return {
        "accounts.user": ada,
        "accounts.personalaccesstoken": made(
            "accounts.personalaccesstoken",
            user=ada,
            name="t",
            token_hash="0" * 64,
            scopes=["market:read"],
        ),
        "accounts.supportaccess": made(
            "accounts.supportaccess", person=ada, reason="t", ends_at=timezone.now()
        ),
        "accounts.storedmail": StoredMail.objects.create(sender="x", recipients=["a@x.org"], subject="s"),
        "auth.group": Group.objects.create(name="Our own"),
        "core.auditevent": event,
        "core.auditorigin": event.origin,
        "core.jobrun": made("core.jobrun", name="x", state="done", started_at=timezone.now()),
        "market.coin": Coin.objects.create(coin_id="bitcoin", symbol="BTC", name="Bitcoin"),
        "market.exchange": Exchange.objects.create(mic="XTST", name="Test", time_zone="UTC"),
        "market.instrument": public,
        "market.corporateaction": made(
            "market.corporateaction",
            instrument=public,
            kind="dividend",
            ex_date=date(2024, 1, 8),
            amount=1,
            currency="EUR",
        ),
        "market.dailybar": made(
            "market.dailybar", world_id=1, instrument=public, date=date(2024, 1, 8), close=1, source="test"
        ),
        "market.fxrate": FxRate.objects.create(
            base="EUR", quote="USD", date=date(2024, 1, 2), rate="1.25", source="ecb"
        ),
        "market.priceimport": PriceImport.objects.create(file_name="a.csv"),
        "market.quote": made(
            "market.quote",
            world_id=1,
            instrument=public,
            price=1,
            high=1,
            low=1,
            as_of=timezone.now(),
            day=date(2024, 1, 8),
            splits_through=date(2024, 1, 8),
            source="test",
            quality="live",
        ),
        "market.pricesource": source,
        "market.sourcesymbol": SourceSymbol.objects.create(source=source, instrument=public),
        "market.replay": made_replay(),
        "market.historycheck": made("market.historycheck", instrument=public, checked_at=timezone.now()),
        "market.heldquote": made(
            "market.heldquote",
            world_id=1,
            instrument=public,
            price="0",
            reason="not-positive",
            as_of=timezone.now(),
            source="test",
            quality="live",
        ),
        **told(ada),
        "socialaccount.socialaccount": made("socialaccount.socialaccount", user=ada, provider="sso", uid="1"),
    }


def told(person: User) -> dict[str, Model]:
    """Tell a person something, with what is on its way of it."""
    now = timezone.now()
    channel = made("alerts.channel", owner=person, kind="ntfy", name="n", config="{}", hint="ntfy.sh · ab…yz")
    notification = made("alerts.notification", user=person, kind="import", event="applied", created_at=now)
    delivery = made("alerts.delivery", notification=notification, channel=channel, due_at=now, created_at=now)
    made("alerts.attempt", delivery=delivery, number=1, at=now, took_ms=9, outcome="retry")
    outbox = Outbox.objects.get_or_create(pk=1)[0]
    return {
        "alerts.channel": channel,
        "alerts.notification": notification,
        "alerts.delivery": delivery,
        "alerts.outbox": outbox,
    }


def made_replay(name: str = "Crash") -> Model:
    """Make a world that plays history again."""
    start = timezone.now() - timedelta(days=9)
    return create_replay(actor=Actor.system("t"), data=ReplayData(name=name, starts_at=start))


def made(label: str, **values: Any) -> Model:
    """Make a row."""
    return apps.get_model(label)._default_manager.create(**values)
