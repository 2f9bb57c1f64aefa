"""Change how a person wants to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.models import NotificationSettings
from core import audit
from core.actor import Actor
from core.errors import ValidationFailed

LOWEST_CAP, HIGHEST_CAP = 1, 200
CHANGEABLE: Final = frozenset({"quiet_from", "quiet_until", "hourly_cap"})


@transaction.atomic
def change_settings(*, actor: Actor, user: Any, changes: Mapping[str, Any]) -> NotificationSettings:
    """Change the quiet hours (in the person's time zone) and how many messages an hour one channel gets.

    Raises:
        ValidationFailed: a value does not fit; it names the field.
    """
    NotificationSettings.objects.bulk_create([NotificationSettings(user=user)], ignore_conflicts=True)
    found = NotificationSettings.objects.select_for_update().get(user=user)
    for name in CHANGEABLE & set(changes):
        setattr(found, name, changes[name])
    _refuse_faults(found)
    found.save()
    told = {name: str(getattr(found, name)) for name in sorted(CHANGEABLE)}
    audit.record(
        actor=actor, verb="notifications.configured", object_type="user", object_id=user.pk, after=told
    )
    return found


def _refuse_faults(found: NotificationSettings) -> None:
    if (found.quiet_from is None) != (found.quiet_until is None):
        lacking = "quiet_until" if found.quiet_until is None else "quiet_from"
        raise ValidationFailed.of(lacking, _("Quiet hours have a beginning and an end."), "required")
    if found.quiet_from is not None and found.quiet_from == found.quiet_until:
        raise ValidationFailed.of("quiet_until", _("Quiet hours end at another time."), "same")
    if not LOWEST_CAP <= found.hourly_cap <= HIGHEST_CAP:
        raise ValidationFailed.of("hourly_cap", _("From 1 to 200 messages an hour."), "out_of_range")
