"""Create, change and delete portfolios."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.bus import bus
from core.clock import time_zones
from core.errors import ValidationFailed
from core.models import Role
from core.money import SUBUNITS
from market.models import Instrument
from portfolios.events import PortfolioDeleted
from portfolios.locks import lock_portfolio
from portfolios.models import BenchmarkPart, Portfolio, PortfolioMember, Transaction
from portfolios.services.dates import redate
from portfolios.services.relief import refuse_moved_on
from portfolios.services.revisions import bump

CHANGEABLE = (
    "name", "currency", "time_zone", "tracks_cash", "cost_method", "fees_in_basis", "allow_short",
    "tax_year_start", "long_after_days", "benchmark", "note",
)  # fmt: skip


@transaction.atomic
def create_portfolio(
    *,
    actor: Actor,
    owner_id: UUID,
    name: str,
    currency: str,
    time_zone: str = "UTC",
    tracks_cash: bool = True,
    cost_method: str = Portfolio.CostMethod.FIFO,
    fees_in_basis: bool = False,
    allow_short: bool = False,
    tax_year_start: str = Portfolio.TaxYear.JANUARY,
    long_after_days: int | None = None,
    benchmark: Instrument | None = None,
    note: str = "",
    is_sample: bool = False,
) -> Portfolio:
    """Create an empty portfolio in the live world, owned by `owner_id`.

    Raises:
        django.core.exceptions.ValidationError: names each wrong field.
    """
    portfolio = Portfolio(
        name=name.strip(),
        currency=currency,
        time_zone=time_zone,
        tracks_cash=tracks_cash,
        cost_method=cost_method,
        fees_in_basis=fees_in_basis,
        allow_short=allow_short,
        tax_year_start=tax_year_start,
        long_after_days=long_after_days,
        benchmark=benchmark,
        note=note,
        is_sample=is_sample,
    )
    return _register(actor, owner_id, portfolio)


@transaction.atomic
def default_portfolio(*, actor: Actor, user: Any) -> Portfolio:
    """Answer the user's default portfolio, which tracks no cash; create it the first time.

    Two calls at once make one: the user's key is unique.
    """
    found = Portfolio.objects.filter(default_for=user).first()
    if found is not None:
        return found
    portfolio = Portfolio(
        name=_("Default"),
        currency=user.base_currency,
        time_zone=user.time_zone,
        tracks_cash=False,
        default_for=user,
    )
    created = Portfolio.objects.bulk_create([portfolio], ignore_conflicts=True)
    kept = Portfolio.objects.get(default_for=user)
    if kept.pk == created[0].pk:
        _join_owner(actor, user.pk, kept)
    return kept


def _register(actor: Actor, owner_id: UUID, portfolio: Portfolio) -> Portfolio:
    refuse_wrong(portfolio)
    portfolio.save(force_insert=True)
    _join_owner(actor, owner_id, portfolio)
    return portfolio


def refuse_wrong(portfolio: Portfolio) -> None:
    """Refuse settings that no portfolio may have.

    Raises:
        ValidationFailed, django.core.exceptions.ValidationError: names each wrong field.
    """
    if portfolio.currency in SUBUNITS:
        major, _unit = SUBUNITS[portfolio.currency]
        raise ValidationFailed.of("currency", _("Use %(major)s.") % {"major": major}, "subunit")
    if portfolio.time_zone not in time_zones():
        raise ValidationFailed.of(
            "time_zone", _("There is no such time zone; use a name such as Europe/Berlin.")
        )
    portfolio.full_clean()


def _join_owner(actor: Actor, owner_id: UUID, portfolio: Portfolio) -> None:
    PortfolioMember.objects.create(portfolio=portfolio, user_id=owner_id, role=Role.OWNER)
    audit.record(
        actor=actor,
        verb="portfolio.created",
        object_type="portfolio",
        object_id=portfolio.pk,
        after=told_settings(portfolio),
    )


@transaction.atomic
def change_portfolio(*, actor: Actor, portfolio_id: UUID, changes: dict[str, Any]) -> Portfolio:
    """Change a portfolio's settings; a new time zone moves its transactions to their new days.

    Raises:
        ValidationFailed: a name that may not be changed, or a wrong value.
        MovedOn: by it other lots would have gone to another portfolio than those that did.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    before, texts = told_settings(portfolio), (portfolio.name, portfolio.note)
    for field, value in changes.items():
        if field not in CHANGEABLE:
            raise ValidationFailed.of(field, _("This cannot be changed."))
        setattr(portfolio, field, value)
    refuse_wrong(portfolio)
    if portfolio.currency != before["currency"]:
        _refuse_own_rates(portfolio)
    portfolio.save()
    if portfolio.benchmark:  # it takes the place of a blend
        BenchmarkPart.objects.filter(portfolio=portfolio).delete()
    if portfolio.time_zone != before["time_zone"]:
        redate(portfolio, before["time_zone"])
    refuse_moved_on(portfolio)
    after = told_settings(portfolio) | {"texts_changed": texts != (portfolio.name, portfolio.note)}
    audit.record(
        actor=actor,
        verb="portfolio.changed",
        object_type="portfolio",
        object_id=portfolio.pk,
        before=before,
        after=after,
    )
    bump(portfolio)
    return portfolio


def _refuse_own_rates(portfolio: Portfolio) -> None:
    """An own rate is portfolio currency for one unit: in another currency it would be another rate."""
    rated = Transaction.objects.filter(portfolio=portfolio, fx_rate__isnull=False)
    if rated.exists():
        raise ValidationFailed.of(
            "currency",
            _("Transactions carry your own rates into the present currency. Take those out first."),
            "own-rates",
        )


@transaction.atomic
def delete_portfolio(*, actor: Actor, portfolio_id: UUID) -> None:
    """Delete a portfolio with everything in it. Only its owner may."""
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, owner_only=True)
    audit.record(
        actor=actor,
        verb="portfolio.deleted",
        object_type="portfolio",
        object_id=portfolio.pk,
        before=told_settings(portfolio),
    )
    bus.publish(PortfolioDeleted(portfolio_id=portfolio.pk))
    portfolio.delete()


def told_settings(portfolio: Portfolio) -> dict[str, Any]:
    """Tell the settings that the audit log may keep for ever: no text that a person wrote."""
    return {
        "currency": portfolio.currency,
        "time_zone": portfolio.time_zone,
        "tracks_cash": portfolio.tracks_cash,
        "cost_method": portfolio.cost_method,
        "fees_in_basis": portfolio.fees_in_basis,
        "allow_short": portfolio.allow_short,
        "tax_year_start": portfolio.tax_year_start,
        "long_after_days": portfolio.long_after_days,
        "benchmark": str(portfolio.benchmark.uuid) if portfolio.benchmark else None,
    }
