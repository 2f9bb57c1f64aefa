"""People."""

from __future__ import annotations

from django.apps import AppConfig

from core import ports


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answer the ports, check the settings and describe our authentication to the OpenAPI document."""
        from accounts import checks
        from accounts.admin import panels
        from accounts.api import schema  # noqa: F401  # registers itself
        from accounts.api.sockets import SocketDoor
        from accounts.selectors import personal
        from accounts.services.factors import rotate_factors
        from accounts.services.forgetting import forget_person
        from core.live.signin import socket_doors

        checks.register()
        ports.staff_powers.register(self.name, powers_of_staff)
        panels.register()
        socket_doors.register(self.name, SocketDoor)
        ports.secret_places.register("second factors", rotate_factors)
        ports.personal_tables.register(self.name, personal.tables_of)
        ports.personal_erasers.register(self.name, lambda user_id: forget_person(user_id=user_id))


def powers_of_staff() -> dict[str, set[str]]:
    """Tell what roles of staff may do with people, and who reads what."""
    from core.roles import StaffRole, see

    people = see("accounts", "user", "tokenfamily", "personalaccesstoken") | see("account", "emailaddress")
    looks = see("accounts", "supportaccess")
    secrets = see("accounts", "storedmail") | {"accounts.grant_role"}  # mail holds links that sign people in
    help_people = {
        "change_user",
        "change_personalaccesstoken",
        "close_user",
        "send_reset_link",
        "end_sign_ins",
        "look_at_pages",
    }
    return {
        StaffRole.SUPPORT: people | {f"accounts.{name}" for name in help_people},
        StaffRole.AUDITOR: people
        | looks
        | see("accounts", "refreshtoken")
        | see("core", "auditevent", "auditorigin")
        | see("auth", "group")
        | see("socialaccount", "socialaccount"),
        StaffRole.ADMIN: secrets | {"accounts.add_user", "accounts.remove_factors"},
    }
