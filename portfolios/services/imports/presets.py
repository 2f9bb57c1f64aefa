"""A person's own ways of reading files: saved under a name, used for the next file, deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, FieldError, ValidationFailed
from portfolios.models import ImportPreset, TransactionImport
from portfolios.selectors import portfolios
from portfolios.selectors.imports import presets as selectors
from portfolios.selectors.imports import stored
from portfolios.services.imports.mapping import read_mapping

MOST = 100
LONGEST_NAME = 80
LARGEST = 200_000  # characters of JSON: thousands of instruments and words
# The key of a mapping that names one of the person's presets, which the other keys are laid over.
SAVED = "saved"


@transaction.atomic
def save_preset(*, actor: Actor, user: Any, name: str, mapping: Mapping[str, Any]) -> ImportPreset:
    """Save a mapping under a name; one that has the name already is replaced.

    Raises:
        ValidationFailed: the name is empty or too long, or the mapping too large or wrong in a part.
        Conflict: the person has as many presets as anybody may.
    """
    title = " ".join(name.replace("\0", "").split())
    if not title or len(title) > LONGEST_NAME:
        text = _("Give a name of at most %(limit)s characters.") % {"limit": LONGEST_NAME}
        raise ValidationFailed.of("name", text)
    read_mapping(mapping)
    if len(json.dumps(mapping)) > LARGEST:
        raise ValidationFailed.of("mapping", _("This is too much for a preset."), "too-large")
    mine = selectors.presets_of(user)
    if mine.exclude(name=title).count() >= MOST:
        raise Conflict(_("You have %(limit)s presets. Delete one first.") % {"limit": MOST})
    ImportPreset.objects.bulk_create(
        [ImportPreset(user_id=user.pk, name=title, mapping=dict(mapping))],
        update_conflicts=True,
        unique_fields=["user", "name"],
        update_fields=["mapping", "updated_at"],
    )
    preset = mine.get(name=title)
    audit.record(
        actor=actor, verb="import_preset.saved", object_type="import_preset", object_id=preset.pk,
        after={"name": title},
    )  # fmt: skip
    return preset


def save_import_as_preset(
    *, actor: Actor, user: Any, portfolio_id: UUID, import_id: UUID, name: str
) -> ImportPreset:
    """Save how a previewed or applied file was read, what was recognised with what was chosen.

    Raises:
        NotFound: no such import, or `user` is no member.
        Forbidden: `user` may only look.
        ValidationFailed: the name is empty or too long.
        Conflict: too many presets.
    """
    portfolios.get_writable(user, portfolio_id)
    batch = stored.get(user, portfolio_id, import_id)
    return save_preset(actor=actor, user=user, name=name, mapping=_as_read(batch))


def _as_read(batch: TransactionImport) -> dict[str, Any]:
    """Make the mapping that reads the like of a file again, whatever its rows prove or do not.

    The line of the header and the letters are the file's own, unless they were chosen.
    """
    layout: Mapping[str, Any] = batch.summary["layout"]
    chosen = {name: value for name, value in batch.mapping.items() if value not in ("", None, {})}
    found: dict[str, Any] = {"preset": layout.get("preset", "")}
    columns = {one["field"]: one["name"] for one in layout["columns"] if one["field"]}
    if columns:
        found["columns"] = {**columns, **(chosen.pop("columns", None) or {})}
    if layout["columns"] and layout["date_order_is_sure"] and layout["date_order"] != "mixed":
        found["date_order"] = layout["date_order"]
    return found | chosen


@transaction.atomic
def delete_preset(*, actor: Actor, user: Any, preset_id: UUID) -> None:
    """Delete one of a person's presets. Files that were read by it stay as they are.

    Raises:
        NotFound: there is none, or it is another's.
    """
    preset = selectors.preset_of(user, preset_id)
    audit.record(
        actor=actor, verb="import_preset.deleted", object_type="import_preset", object_id=preset.pk,
        before={"name": preset.name},
    )  # fmt: skip
    preset.delete()


def with_saved(user: Any, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a mapping over the preset that its key ``saved`` names, if it names one.

    Raises:
        ValidationFailed: it is none of the person's presets; names ``mapping.saved``.
    """
    own = dict(mapping)
    name = own.pop(SAVED, None)
    if not name:
        return own
    try:
        preset = selectors.presets_of(user).get(pk=UUID(str(name)))
    except (ValueError, ObjectDoesNotExist) as failure:
        text = _("You have no such preset.")
        raise ValidationFailed(text, errors=(FieldError(f"mapping.{SAVED}", text, "choice"),)) from failure
    return {**preset.mapping, **own}
