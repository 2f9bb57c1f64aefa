"""Every write about people."""

from __future__ import annotations

from accounts.services.erasure import erase_user
from accounts.services.housekeeping import purge_refresh_tokens, purge_sessions, purge_stored_mail
from accounts.services.passwords import set_password
from accounts.services.profile import change_profile
from accounts.services.registration import NewUser, create_user, register_user, sign_up
from accounts.services.sessions import session_ended, session_started
from accounts.services.sign_in import sign_in
from accounts.services.tokens import TokenPair, revoke_family, rotate_refresh, sign_out

__all__ = [
    "NewUser",
    "TokenPair",
    "change_profile",
    "create_user",
    "erase_user",
    "purge_refresh_tokens",
    "purge_sessions",
    "purge_stored_mail",
    "register_user",
    "revoke_family",
    "rotate_refresh",
    "session_ended",
    "session_started",
    "set_password",
    "sign_in",
    "sign_out",
    "sign_up",
]
