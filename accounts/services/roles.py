"""Roles of staff: the groups that carry them, and who has which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.authority import GRANTING, locked_account, required
from core import audit
from core.actor import Actor
from core.errors import Conflict, Forbidden
from core.roles import PREFIX, StaffRole, powers


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What a group lacks and what it has too much; `gone` when the role itself is no longer there."""

    group: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    gone: bool = False


def role_changes() -> list[RoleChange]:
    """Compare the groups with the roles of the code; answers those that differ.

    Raises:
        ImproperlyConfigured: a role names a permission that no model has.
    """
    wanted = {role.group: names for role, names in powers().items()}
    known = set(_permissions())
    unknown = sorted(set().union(*wanted.values()) - known)
    if unknown:
        raise ImproperlyConfigured(f"Roles name permissions that do not exist: {', '.join(unknown)}.")
    groups = {group.name: group for group in Group.objects.filter(name__startswith=PREFIX)}
    changes = [_difference(name, groups.get(name), names) for name, names in wanted.items()]
    changes += [RoleChange(name, gone=True) for name in sorted(set(groups) - set(wanted))]
    missing = {name for name in wanted if name not in groups}
    return [one for one in changes if one.added or one.removed or one.gone or one.group in missing]


@transaction.atomic
def sync_roles(*, actor: Actor) -> list[RoleChange]:
    """Make the groups of the roles say what the code says; answers what that changed.

    Raises:
        ImproperlyConfigured: a role names a permission that no model has.
    """
    changes = role_changes()
    ids = _permissions() if changes else {}
    for change in changes:
        if change.gone:
            Group.objects.filter(name=change.group).delete()
        else:
            group, _made = Group.objects.get_or_create(name=change.group)
            group.permissions.add(*(ids[name] for name in change.added))
            group.permissions.remove(*(ids[name] for name in change.removed))
        audit.record(
            actor=actor,
            verb="role.removed" if change.gone else "role.changed",
            object_type="role",
            object_id=change.group,
            after={"added": list(change.added), "removed": list(change.removed)},
        )
    return changes


@transaction.atomic
def grant_role(*, actor: Actor, user_id: UUID, role: StaffRole, reason: str) -> None:
    """Make a person a member of staff with this role.

    Raises:
        NotFound: there is no such person.
        Forbidden: the actor may not grant roles, or it is their own account or a superuser's.
        Conflict: the account is closed, or the person has the role.
        ValidationFailed: no reason is given; names the field.
    """
    reason = required(reason)
    user = locked_account(actor=actor, user_id=user_id, power=GRANTING)
    if not user.is_active:
        raise Conflict(_("The account is closed."))
    if user.groups.filter(name=role.group).exists():
        raise Conflict(_("This person has the role."))
    group, made = Group.objects.get_or_create(name=role.group)
    if made:
        sync_roles(actor=actor)
    user.groups.add(group)
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    _note(actor, "user.role_granted", user, role, reason)


@transaction.atomic
def revoke_role(*, actor: Actor, user_id: UUID, role: StaffRole, reason: str) -> None:
    """Take a role away, from the person's next request on; who has none left is no staff any more.

    Raises:
        NotFound: there is no such person.
        Forbidden: the actor may not grant roles, or it is their own account or a superuser's.
        Conflict: the person does not have the role.
        ValidationFailed: no reason is given; names the field.
    """
    reason = required(reason)
    user = locked_account(actor=actor, user_id=user_id, power=GRANTING)
    group = user.groups.filter(name=role.group).first()
    if group is None:
        raise Conflict(_("This person does not have the role."))
    user.groups.remove(group)
    if not user.is_superuser and not user.groups.exists() and not user.user_permissions.exists():
        user.is_staff = False
        user.save(update_fields=["is_staff"])
    _note(actor, "user.role_revoked", user, role, reason)


@transaction.atomic
def set_powers(*, actor: Actor, user_id: UUID, powers: Mapping[str, Any]) -> None:
    """Let a superuser change what an account may: `is_superuser`, `groups`, `user_permissions`.

    Raises:
        NotFound: there is no such person.
        Forbidden: the actor is no superuser, or it is their own account.
    """
    if not actor.is_super:
        raise Forbidden(_("Only a superuser changes what an account may."))
    user = locked_account(actor=actor, user_id=user_id, power=GRANTING)
    if "is_superuser" in powers:
        user.is_superuser = powers["is_superuser"]
    for name in ("groups", "user_permissions"):
        if name in powers:
            getattr(user, name).set(powers[name])
    user.is_staff = user.is_superuser or user.groups.exists() or user.user_permissions.exists()
    user.save(update_fields=["is_superuser", "is_staff"])
    audit.record(
        actor=actor,
        verb="user.changed_by_staff",
        object_type="user",
        object_id=user.pk,
        after={"fields": sorted(powers)},
    )


def _note(actor: Actor, verb: str, user: User, role: StaffRole, reason: str) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        object_type="user",
        object_id=user.pk,
        after={"role": role.value},
        reason=reason,
    )


def _permissions() -> dict[str, int]:
    rows = Permission.objects.values_list("content_type__app_label", "codename", "pk")
    return {f"{app}.{codename}": key for app, codename, key in rows}


def _difference(name: str, group: Group | None, wanted: frozenset[str]) -> RoleChange:
    present: set[str] = set()
    if group is not None:
        rows = group.permissions.values_list("content_type__app_label", "codename")
        present = {f"{app}.{codename}" for app, codename in rows}
    return RoleChange(name, tuple(sorted(wanted - present)), tuple(sorted(present - wanted)))
