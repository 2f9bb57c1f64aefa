"""Every write about people."""

from __future__ import annotations

from accounts.services.closing import (
    close_account,
    invite_person,
    open_account,
    remove_factors,
    send_reset_link,
    sign_out_everywhere,
)
from accounts.services.erasure import cancel_erasure, erase_if_due, erase_user, request_erasure
from accounts.services.export import export_data
from accounts.services.housekeeping import (
    purge_personal_tokens,
    purge_refresh_tokens,
    purge_sessions,
    purge_stored_mail,
)
from accounts.services.passwords import set_password
from accounts.services.personal_tokens import (
    IssuedToken,
    create_personal_token,
    mark_used,
    revoke_personal_token,
    revoke_token_as_staff,
)
from accounts.services.profile import change_profile
from accounts.services.proof import Proof
from accounts.services.registration import (
    NewUser,
    create_user,
    register_user,
    release_address,
    sign_up,
)
from accounts.services.roles import grant_role, revoke_role, set_powers, sync_roles
from accounts.services.security import security_changed
from accounts.services.sessions import (
    end_other_sessions,
    end_session,
    family_used,
    open_session,
    session_ended,
    session_seen,
    session_started,
)
from accounts.services.sign_in import sign_in
from accounts.services.support import (
    allow_support,
    end_access,
    page_viewed,
    start_access,
    stop_support,
)
from accounts.services.tokens import TokenPair, revoke_family, rotate_refresh, sign_out

__all__ = [
    "IssuedToken",
    "NewUser",
    "Proof",
    "TokenPair",
    "allow_support",
    "cancel_erasure",
    "change_profile",
    "close_account",
    "create_personal_token",
    "create_user",
    "end_access",
    "end_other_sessions",
    "end_session",
    "erase_if_due",
    "erase_user",
    "export_data",
    "family_used",
    "grant_role",
    "invite_person",
    "mark_used",
    "open_account",
    "open_session",
    "page_viewed",
    "purge_personal_tokens",
    "purge_refresh_tokens",
    "purge_sessions",
    "purge_stored_mail",
    "register_user",
    "release_address",
    "remove_factors",
    "request_erasure",
    "revoke_family",
    "revoke_personal_token",
    "revoke_role",
    "revoke_token_as_staff",
    "rotate_refresh",
    "security_changed",
    "send_reset_link",
    "session_ended",
    "session_seen",
    "session_started",
    "set_password",
    "set_powers",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "sign_up",
    "start_access",
    "stop_support",
    "sync_roles",
]
