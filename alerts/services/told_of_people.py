"""What people are told about the security of their accounts; the mail of it is sent by accounts itself."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from accounts.models import PersonalAccessToken
from alerts.models import Notification
from alerts.services.notifications import notify

_OF_VERBS: Final = {
    "user.password_changed": "password_changed",
    "user.email_changed": "email_changed",
    "user.factor_added": "factor_added",
    "user.factor_removed": "factor_removed",
    "user.factors_removed_by_staff": "factors_removed",
    "user.account_connected": "account_connected",
    "user.account_disconnected": "account_disconnected",
}


def tell_new_origin(*, user_id: UUID, origin_id: int, device: str) -> None:
    """Tell a person of a sign-in from a device or network that is new to the account."""
    _tell(user_id, "new_sign_in", {"device": device}, f"origin:{origin_id}")


def tell_security_changed(*, user_id: UUID, verb: str, kind: str, audit_id: UUID) -> None:
    """Tell a person that how they sign in changed.

    Raises:
        KeyError: there are no words for the verb.
    """
    _tell(user_id, _OF_VERBS[verb], {"factor": kind} if kind else {}, f"audit:{audit_id}")


def tell_token_reused(*, user_id: UUID, family_id: UUID) -> None:
    """Tell a person that a sign-in of a program was ended, for its token was copied."""
    _tell(user_id, "token_reused", {}, f"family:{family_id}")


def tell_token_created(*, user_id: UUID, token_id: UUID) -> None:
    """Tell a person that there is a new token by which programs come in."""
    name = PersonalAccessToken.objects.values_list("name", flat=True).get(pk=token_id)
    _tell(user_id, "token_created", {"token": name}, f"token:{token_id}")


def _tell(user_id: UUID, event: str, data: dict[str, str], key: str) -> None:
    notify(users=[user_id], kind=Notification.Kind.SECURITY, event=event, data=data, key=key)
