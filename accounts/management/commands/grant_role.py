"""Make a person a member of staff."""

from __future__ import annotations

from accounts import services
from accounts.management.roles import RoleCommand


class Command(RoleCommand):
    help = "Make a person a member of staff with a role."
    act = staticmethod(services.grant_role)
    done = "{email} has the role {role}."
