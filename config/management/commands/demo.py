"""Make the demo: two sign-ins, two portfolios, real and fictional, a watchlist, and alerts that soon fire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.services import NewUser, register_user
from alerts.domain.conditions import Condition
from alerts.domain.rules import Kind
from alerts.services.alerts import AlertData, create_alert
from alerts.services.rules import ClauseData, RuleData, make_rule
from core import clock
from core.actor import Actor
from core.models import LIVE_WORLD
from core.money import round_amount
from market.models import Instrument
from market.selectors import prices
from market.services import sample_data, watchlists
from portfolios.models import Portfolio
from portfolios.services import samples

INVESTOR = ("investor@example.org", "open-the-vault-1")
STAFF = ("staff@example.org", "keep-the-house-1")
# what is alerted of, how, and the level as a part of the price of then
NEAR = (
    ("FICOIN", Condition.CROSSES_UP, Decimal("1.004")),
    ("FICOIN", Condition.CROSSES_DOWN, Decimal("0.996")),
    ("FCLD", Condition.ABOVE, Decimal("1.05")),
    ("FWLD", Condition.BELOW, Decimal("0.95")),
)
WATCHED = ("FCLD", "FICOIN", "FWLD", "FMED")
SIGN_INS = [("investor", *INVESTOR), ("staff", *STAFF)]


class Command(BaseCommand):
    help = "Create the demo sign-ins, instruments and portfolios; only on the embedded database."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Create what is missing; a second call changes nothing."""
        if not settings.EMBEDDED:
            raise CommandError(
                "The demo sign-ins have known passwords: they exist only on the embedded database."
            )
        actor = Actor.system("demo")
        call_command("load_reference", verbosity=0)
        call_command("import_fx", verbosity=0)
        real = sample_data.load_real_sample()
        fictional = sample_data.load_fictional(until=sample_data.last_closed_day())
        with transaction.atomic():
            investor = _user(*INVESTOR, NewUser(name="Ida Investor", time_zone="Europe/Berlin"))
            _user(*STAFF, NewUser(name="Sam Staff"), is_staff=True)
            if Portfolio.objects.filter(members__user=investor).exists():
                return
            for symbol in WATCHED:
                watchlists.star(actor=actor, user=investor, instrument=fictional[symbol].uuid)
            samples.create_history_sample(actor=actor, owner_id=investor.pk, listings=real)
            plan = samples.create_fictional_sample(
                actor=actor,
                owner_id=investor.pk,
                listings=fictional,
                currency="EUR",
                time_zone="Europe/Berlin",
                until=clock.today("Europe/Berlin"),
            )
            _alerts(actor, investor, fictional, plan)


def _user(email: str, password: str, profile: NewUser, *, is_staff: bool = False) -> Any:
    found = get_user_model().objects.filter(email=email).first()
    return found or register_user(
        email=email, password=password, profile=profile, is_staff=is_staff, email_verified=True
    )


def _alerts(actor: Actor, investor: Any, listings: dict[str, Instrument], plan: Portfolio) -> None:
    """Wait for invented prices near where they are, and for the plan as a whole."""
    latest = prices.latest(LIVE_WORLD, [one.pk for one in listings.values()])
    for symbol, condition, ratio in NEAR:
        instrument = listings[symbol]
        level = round_amount(latest[instrument.pk].price * instrument.quote_unit * ratio, 2)
        data = AlertData(condition=condition, level=level, repeats=True, cooldown_minutes=60)
        create_alert(actor=actor, user=investor, instrument=instrument.uuid, data=data)
    fallen = ClauseData(kind=Kind.PORTFOLIO_DRAWDOWN, portfolio=plan.pk, percent=Decimal(10))
    rule = RuleData(joined="all", clauses=[fallen], repeats=True, cooldown_minutes=1440)
    make_rule(actor=actor, user=investor, data=rule)
