"""Take a role of staff away."""

from __future__ import annotations

from accounts import services
from accounts.management.roles import RoleCommand


class Command(RoleCommand):
    help = "Take a role of staff away from a person."
    act = staticmethod(services.revoke_role)
    done = "{email} no longer has the role {role}."
