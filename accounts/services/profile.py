"""A person's preferences."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field
from django.utils.translation import gettext as _

from accounts.domain import canonical_locale, primary_language
from accounts.models import User
from core import audit
from core.actor import Actor
from core.clock import time_zones
from core.errors import FieldError, NotFound, ValidationFailed
from core.money import MINOR_UNITS

FIELDS = ("name", "base_currency", "time_zone", "locale", "appearance", "gain_colours")


@transaction.atomic
def change_profile(*, actor: Actor, user_id: UUID, changes: Mapping[str, str]) -> User:
    """Change some of a user's preferences; what `changes` leaves out stays.

    Raises:
        NotFound: the actor is neither the user nor staff who may change people.
        ValidationFailed: names each wrong field.
    """
    if actor.user_id != user_id and not actor.may("accounts.change_user"):
        raise NotFound
    cleaned = clean_profile(changes)
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise NotFound
    changed = [field for field, value in cleaned.items() if getattr(user, field) != value]
    for field in changed:
        setattr(user, field, cleaned[field])
    if changed:
        user.save(update_fields=changed)
        # the log keeps no personal data, so it names the fields and not what they say
        audit.record(
            actor=actor,
            verb="user.profile_changed",
            object_type="user",
            object_id=user.pk,
            after={"fields": changed},
        )
    return user


def clean_profile(values: Mapping[str, str]) -> dict[str, str]:
    """Check preferences and bring them into their canonical form.

    Raises:
        ValidationFailed: names each wrong field.
    """
    errors: list[FieldError] = []
    cleaned: dict[str, str] = {}
    for field, value in values.items():
        try:
            cleaned[field] = _clean(field, value.strip())
        except ValidationError as error:
            first = error.error_list[0]
            errors.append(FieldError(field, first.messages[0], first.code or "invalid"))
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return cleaned


def _clean(field: str, value: str) -> str:
    if field not in FIELDS:
        raise ValidationError(_("This cannot be changed here."), code="read_only")
    if field == "base_currency" and value.upper() not in MINOR_UNITS:
        raise ValidationError(_("Use a currency's ISO 4217 code, such as EUR."), code="unknown_currency")
    if field == "time_zone" and value not in time_zones():
        raise ValidationError(_("Use an IANA time zone, such as Europe/Berlin."), code="unknown_time_zone")
    if field == "base_currency":
        value = value.upper()
    if field == "locale":
        value = _clean_locale(value)
    model_field = User._meta.get_field(field)  # noqa: SLF001  # Django's documented way
    assert isinstance(model_field, Field)
    model_field.clean(value, None)
    return value


def _clean_locale(value: str) -> str:
    locale = canonical_locale(value)
    languages = {primary_language(code) for code, _name in settings.LANGUAGES}
    if locale is None or primary_language(locale) not in languages:
        raise ValidationError(
            _("Use a locale whose language the platform speaks, such as %(examples)s."),
            params={"examples": ", ".join(sorted(languages))},
            code="unknown_locale",
        )
    return locale
