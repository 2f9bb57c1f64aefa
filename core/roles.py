"""The roles of staff: who may do what in the admin and over the API, as code.

Each room tells at the port `staff_powers` what the roles may do with its objects, as Django's
permissions; ``manage.py sync_roles`` writes them into Django's groups. The admin role may do
whatever any role may. Nobody gets the power to change or delete a ledger or the audit log, and
the database would refuse it.
"""

from __future__ import annotations

from enum import StrEnum

from core.ports import staff_powers

# what a role's group is called; groups without it are the operator's own
PREFIX = "role:"


class StaffRole(StrEnum):
    """What a member of staff is there for."""

    SUPPORT = "support"
    MARKET_DATA = "market-data"
    AUDITOR = "auditor"
    ADMIN = "admin"

    @property
    def group(self) -> str:
        """Name the group that carries the role."""
        return f"{PREFIX}{self.value}"


def powers() -> dict[StaffRole, frozenset[str]]:
    """Tell the powers of each role, as all rooms give them: ``app.codename``."""
    found: dict[StaffRole, set[str]] = {role: set() for role in StaffRole}
    for given in staff_powers.collect().values():
        for role, names in given.items():
            found[StaffRole(role)] |= set(names)
    found[StaffRole.ADMIN] = set().union(*found.values())
    return {role: frozenset(names) for role, names in found.items()}


def see(app: str, *models: str) -> set[str]:
    """Write the powers to look at models."""
    return {f"{app}.view_{model}" for model in models}


def keep(app: str, *models: str) -> set[str]:
    """Write the powers to look at models, and to add, change and delete their rows."""
    return {f"{app}.{verb}_{model}" for verb in ("view", "add", "change", "delete") for model in models}
