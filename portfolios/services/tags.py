"""Tag instruments with one's own words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import ValidationFailed
from portfolios.models import InstrumentTag
from portfolios.selectors import tags

MOST = 20


@transaction.atomic
def set_tags(*, actor: Actor, user: Any, instrument: UUID, names: Iterable[str]) -> list[str]:
    """Give an instrument exactly these tags of the user's, and answer them by name.

    Case does not tell tags apart: one that the user has is written as it was written first.

    Raises:
        NotFound: the user sees no such instrument.
        ValidationFailed: a tag is empty or too long, has a comma, or there are more than 20.
    """
    found = tags.get_instrument(user, instrument)
    wanted = _spelled(user, [_clean(name) for name in names])
    before = tags.names_on(user, found)
    after = sorted(wanted.values(), key=str.casefold)
    if {name.casefold() for name in before} != set(wanted):
        rows = InstrumentTag.objects.filter(user=user, instrument=found)
        rows.exclude(name__in=after).delete()
        # the same tag that another request gives meanwhile is the one that is wanted
        InstrumentTag.objects.bulk_create(
            [InstrumentTag(user=user, instrument=found, name=name) for name in after], ignore_conflicts=True
        )
        audit.record(
            actor=actor,
            verb="instrument.tagged",
            object_type="instrument",
            object_id=found.uuid,
            before={"tags": before},
            after={"tags": after},
        )
    return after


def _clean(name: str) -> str:
    words = " ".join(name.split())
    if not words:
        raise ValidationFailed.of("tags", _("A tag cannot be empty."), "blank")
    if len(words) > InstrumentTag.NAME_LENGTH:
        message = _("A tag has at most %(most)s characters.") % {"most": InstrumentTag.NAME_LENGTH}
        raise ValidationFailed.of("tags", message, "max_length")
    if "," in words:
        raise ValidationFailed.of("tags", _("A tag cannot have a comma."), "comma")
    return words


def _spelled(user: Any, names: list[str]) -> dict[str, str]:
    """Spell tags as the user does elsewhere; by what does not depend on case."""
    known = {tag.name.casefold(): tag.name for tag in tags.tags_of(user)}
    wanted = {name.casefold(): known.get(name.casefold(), name) for name in names}
    if len(wanted) > MOST:
        message = _("An instrument has at most %(most)s tags.") % {"most": MOST}
        raise ValidationFailed.of("tags", message, "max_count")
    return wanted
