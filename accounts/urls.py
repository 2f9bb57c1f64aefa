"""Addresses of the pages about people; sign-in and its kin are allauth's, under ``accounts/``."""

from __future__ import annotations

from django.urls import path

from accounts.views import data, mail, oidc, profile, security, sessions, staff, support, tokens

urlpatterns = [
    path("settings/", profile.profile, name="settings"),
    path("settings/security/", security.security, name="settings-security"),
    path("settings/sessions/", sessions.sessions, name="settings-sessions"),
    path("settings/sessions/others/end/", sessions.end_others, name="settings-sessions-end-others"),
    path("settings/sessions/<uuid:session_id>/end/", sessions.end, name="settings-session-end"),
    path("settings/tokens/", tokens.tokens, name="settings-tokens"),
    path("settings/tokens/<uuid:token_id>/revoke/", tokens.revoke, name="settings-token-revoke"),
    path("settings/support/", support.settings, name="settings-support"),
    path("settings/support/allow/", support.allow, name="settings-support-allow"),
    path("settings/support/stop/", support.stop, name="settings-support-stop"),
    path("staff/support/end/", support.end, name="staff-support-end"),
    path("settings/data/", data.data, name="settings-data"),
    path("settings/data/export/", data.export, name="settings-data-export"),
    path("settings/leaving/", data.leaving, name="settings-leaving"),
    path("settings/leaving/cancel/", data.stay, name="settings-leaving-cancel"),
    path("settings/erase/", data.erase, name="settings-erase"),
    # before allauth's own at the same addresses, whose names they answer for
    path("accounts/oidc/<str:provider_id>/login/", oidc.login),
    path("accounts/oidc/<str:provider_id>/login/callback/", oidc.callback),
    path("staff/second-factor/", staff.second_factor, name="staff-factor"),
    path("staff/mail/", mail.staff_mail, name="staff-mail"),
    path("staff/mail/<uuid:mail_id>/", mail.staff_mail_message, name="staff-mail-message"),
]
