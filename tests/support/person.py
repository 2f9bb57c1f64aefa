"""Somebody who has used everything: a row in each table that may hold personal data, and a friend."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from accounts import services
from accounts.models import ExternalIdentity, StoredMail, SupportAccess, User
from accounts.services import NewUser, origins, sessions
from accounts.services.tokens import issue_tokens
from alerts.domain.conditions import Condition
from alerts.models import Alert, Attempt, Channel, Clause, Delivery, Notification, NotificationSettings
from alerts.services.alerts import AlertData, create_alert
from alerts.services.evaluation import evaluate
from core import audit, context
from core.actor import Actor
from core.models import LIVE_WORLD, IdempotencyKey, Role
from market.domain.bars import BarRow
from market.domain.quotes import NewQuote
from market.models import Instrument, PriceImport, RateRevision, SymbolSpan
from market.services.actions import ActionData, record_corporate_action
from market.services.bars import set_bars
from market.services.instruments import InstrumentData, create_instrument
from market.services.quotes import record_quotes
from market.services.rates import RateRow, set_rates
from market.services.tick_import import TickOptions, import_ticks
from market.services.watchlists import star
from portfolios.domain.entries import EntryKind
from portfolios.models import CarriedLots, Portfolio, PortfolioMember, ReliefLink
from portfolios.selectors.benchmarks import Part
from portfolios.selectors.ledger import load
from portfolios.selectors.quality import issues_of
from portfolios.services.archive import export_archive, receive_archive
from portfolios.services.benchmarks import choose_benchmark
from portfolios.services.imports.apply import apply_import
from portfolios.services.imports.presets import save_preset
from portfolios.services.imports.preview import preview_import
from portfolios.services.inputs import TransactionInput
from portfolios.services.portfolios import create_portfolio, default_portfolio
from portfolios.services.quality import dismiss_issue
from portfolios.services.sharing import LinkInput, accept_invitation, create_link, invite_member
from portfolios.services.tags import set_tags
from portfolios.services.targets import TargetInput, set_lot_size, set_targets
from portfolios.services.transactions import add_transactions, change_transaction

PASSWORD = "correct horse battery"
NAME = "Ada Quillfeather"
EMAIL = "ada.quillfeather@example.org"
NEW_EMAIL = "ada@new.example.org"
FORMULA = "=HYPERLINK(1)"
FILE = b"date,type,symbol,quantity,price,fee,currency\n2024-01-08,BUY,MINE,2,12,0,EUR\n"
ORIGIN = context.RequestContext(request_id="request-1", address="203.0.113.9", agent="Firefox/130 Windows")


@dataclass
class Person:
    """The person, a friend, and what the two have."""

    user: User
    friend: User
    own: Portfolio
    friends: Portfolio
    instrument: Instrument

    @property
    def ids(self) -> list[str]:
        """The person's opaque ids."""
        return [str(self.user.pk), self.user.pk.hex]

    @property
    def words(self) -> list[str]:
        """What tells who the person is."""
        return [EMAIL, NEW_EMAIL, NAME]


def make_person() -> Person:
    """Make them, by the services where there are any."""
    with context.bound(ORIGIN):
        user = services.register_user(
            email=EMAIL, password=PASSWORD, email_verified=True, profile=NewUser(name=NAME)
        )
        friend = services.register_user(email="bob@example.org", password=PASSWORD, email_verified=True)
        _ways_in(user)
        instrument = _market(user)
        person = Person(user, friend, *_portfolios(user, friend, instrument), instrument)
        _told(user, instrument)
        set_tags(actor=Actor.user(user), user=user, instrument=instrument.uuid, names=["core"])
        with export_archive(actor=Actor.user(user), owner=user).file as file:
            receive_archive(user=user, file_name=f"{NAME}.zip", file=file)
    _traces(person)
    return person


def _told(user: User, instrument: Instrument) -> None:
    """Let an alert of theirs fire, and another wait."""
    actor = Actor.user(user)
    evaluate(world_id=LIVE_WORLD)
    for level in (Decimal(1), Decimal(1000)):
        data = AlertData(Condition.ABOVE, level, note=NAME)
        create_alert(actor=actor, user=user, instrument=instrument.uuid, data=data)
    record_quotes(world_id=LIVE_WORLD, batch=[NewQuote(instrument.pk, Decimal(13), timezone.now(), "test")])
    evaluate(world_id=LIVE_WORLD)
    rule = Alert.objects.create(owner=user, joined="all", note=FORMULA)
    Clause.objects.create(alert=rule, number=1, kind="above", instrument=instrument, level=Decimal(99))
    _told_elsewhere(user)


def _told_elsewhere(user: User) -> None:
    """Have what they were told tried once on a channel of theirs."""
    now = timezone.now()
    NotificationSettings.objects.create(user=user, hourly_cap=7)
    channel = Channel.objects.create(
        owner=user, kind="webhook", name=FORMULA, config='{"url": "https://hooks.example.org/a-secret-path"}'
    )
    said = Notification.objects.filter(user=user).first()
    row = Delivery.objects.create(notification=said, channel=channel, due_at=now, created_at=now)
    Attempt.objects.create(delivery=row, number=1, at=now, took_ms=5, outcome="retry", detail=FORMULA)


def _ways_in(user: User) -> None:
    EmailAddress.objects.create(user=user, email=NEW_EMAIL)
    totp.TOTP.activate(user, totp.generate_totp_secret())
    RecoveryCodes.activate(user)
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "My laptop", "credential": {}})
    claims = {"userinfo": {"sub": "s-1", "email": EMAIL, "name": NAME}}
    SocialAccount.objects.create(user=user, provider="sso", uid="s-1", extra_data=claims)
    ExternalIdentity.objects.create(user=user, issuer="https://users.example.org", subject="s-1")
    issue_tokens(user=user)
    services.create_personal_token(
        actor=Actor.user(user), user_id=user.pk, name=NAME, scopes=["market:read"], expires_at=None
    )
    origins.note_sign_in(user=user)
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store.create()
    row = sessions.session_started(user=user, session_key=store.session_key)
    store.update({"_auth_user_id": str(user.pk), "florin_session": str(row)})
    store.save()
    SupportAccess.objects.create(person=user, reason="helps", ends_at=timezone.now())
    user.groups.add(Group.objects.create(name="testers"))
    user.user_permissions.add(Permission.objects.get(codename="view_world"))


def _market(user: User) -> Instrument:
    actor = Actor.user(user)
    instrument = create_instrument(
        actor=actor, data=InstrumentData(symbol="MINE", name="A loan", currency="EUR")
    )
    set_bars(actor=actor, uuid=instrument.uuid, rows=[BarRow(day=date(2024, 1, 8), close=Decimal("12.5"))])
    ticks = io.BytesIO(b"time,ltp\n2024-01-08T10:00:00Z,12.5\n")
    import_ticks(actor=actor, file=ticks, name="MINE.csv", options=TickOptions(owner=user.pk))
    action = ActionData(kind="dividend", ex_date=date(2024, 1, 8), amount=Decimal("0.5"), currency="EUR")
    record_corporate_action(actor=actor, instrument_uuid=instrument.uuid, data=action)
    SymbolSpan.objects.create(instrument=instrument, symbol="MINE", valid_from=date(2020, 1, 1))
    set_rates(actor=actor, rows=[RateRow("EUR", "USD", date(2024, 1, 2), Decimal("1.25"))])
    assert RateRevision.objects.filter(owner=user).exists()
    star(actor=actor, user=user, instrument=instrument.uuid)
    PriceImport.objects.create(file_name="p.csv", sha256="0" * 64, actor_label=actor.label)
    return instrument


def _portfolios(user: User, friend: User, instrument: Instrument) -> tuple[Portfolio, Portfolio]:
    actor = Actor.user(user)
    own = create_portfolio(actor=actor, owner_id=user.pk, name="Savings", currency="EUR", note=NAME)
    default_portfolio(actor=actor, user=user)
    PortfolioMember.objects.create(portfolio=own, user=friend, role=Role.VIEWER)
    theirs = create_portfolio(actor=Actor.user(friend), owner_id=friend.pk, name="Bob's", currency="EUR")
    asked = invite_member(
        actor=Actor.user(friend), portfolio_id=theirs.pk, email=EMAIL, role=Role.EDITOR
    ).invitation
    accept_invitation(user=user, invitation_id=asked.pk)
    for portfolio, by, address in ((own, user, "carl@example.org"), (theirs, friend, NEW_EMAIL)):
        invite_member(actor=Actor.user(by), portfolio_id=portfolio.pk, email=address, role=Role.VIEWER)
    for portfolio, by in ((own, user), (theirs, friend)):
        create_link(actor=Actor.user(by), portfolio_id=portfolio.pk, data=LinkInput(label=portfolio.note))
    save_preset(actor=actor, user=user, name=FORMULA, mapping={"decimal": ","})
    _compared(actor, own, instrument)
    for portfolio in (own, theirs):
        _entries(actor, portfolio, instrument)
        _imported(user, portfolio)
        _dismissed(actor, portfolio)
        _aims(actor, portfolio, instrument)
    return own, theirs


def _entries(actor: Actor, portfolio: Portfolio, instrument: Instrument) -> None:
    item = TransactionInput(
        kind=EntryKind.BUY,
        time=datetime(2024, 1, 9, 10, tzinfo=UTC),
        instrument=instrument,
        quantity=Decimal("1.50"),
        price=Decimal(10),
        currency="EUR",
        note=FORMULA,
    )
    [row] = add_transactions(actor=actor, portfolio_id=portfolio.pk, inputs=[item])
    changes: dict[str, Any] = {"quantity": Decimal("2.5")}
    change_transaction(actor=actor, portfolio_id=portfolio.pk, transaction_id=row.pk, changes=changes)
    ReliefLink.objects.create(sale=row, acquisition=row, quantity=1)  # a row of every table will do
    CarriedLots.objects.create(transaction=row, base="EUR", lots=[])


def _compared(actor: Actor, portfolio: Portfolio, instrument: Instrument) -> None:
    index = Instrument.objects.create(symbol="INDEX", name="Index", currency="EUR")
    parts = [Part(instrument, Decimal("0.4")), Part(index, Decimal("0.6"))]
    choose_benchmark(actor=actor, portfolio_id=portfolio.pk, parts=parts)


def _dismissed(actor: Actor, portfolio: Portfolio) -> None:
    """Put a finding of the quality checks aside."""
    found = issues_of(load(Portfolio.objects.get(pk=portfolio.pk)))[0]
    dismiss_issue(actor=actor, portfolio_id=portfolio.pk, issue_id=found.id)


def _aims(actor: Actor, portfolio: Portfolio, instrument: Instrument) -> None:
    """Set a target and a lot size."""
    rest = [TargetInput(key="stock", weight=Decimal(1), instrument=instrument)]
    set_targets(actor=actor, portfolio_id=portfolio.pk, grouping="class", targets=rest)
    set_lot_size(actor=actor, portfolio_id=portfolio.pk, instrument=instrument, size=Decimal(10))


def _imported(user: User, portfolio: Portfolio) -> UUID:
    batch = preview_import(user=user, portfolio_id=portfolio.pk, file_name="a.csv", content=FILE)
    apply_import(actor=Actor.user(user), portfolio_id=portfolio.pk, import_id=batch.pk)
    return batch.pk


def _traces(person: Person) -> None:
    """Leave what names the person in other places."""
    user = person.user
    IdempotencyKey.objects.create(user_id=user.pk, key="k", fingerprint="f", body=f'{{"id": "{user.pk}"}}')
    StoredMail.objects.create(sender="florin@x.org", recipients=[EMAIL], subject="s", text=f"Hello {NAME}")
    StoredMail.objects.create(sender="florin@x.org", recipients=["old@x.org"], text=f"Now {NEW_EMAIL}")
    StoredMail.objects.create(sender="florin@x.org", recipients=["bob@example.org"], text="Hello Bob")
    of_address = ContentType.objects.get_for_model(EmailAddress)
    LogEntry.objects.create(
        user=person.friend, content_type=of_address, object_id="1", object_repr=EMAIL, action_flag=CHANGE
    )
    with context.bound(ORIGIN):
        audit.record(
            actor=Actor.user(person.friend),
            verb="user.changed_by_staff",
            object_type="user",
            object_id=user.pk,
        )
