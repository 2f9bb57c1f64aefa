"""Addresses of the pages about people; sign-in and its kin are allauth's, under ``accounts/``."""

from __future__ import annotations

from django.urls import path

from accounts.views import data, mail, profile, security

urlpatterns = [
    path("settings/", profile.profile, name="settings"),
    path("settings/security/", security.security, name="settings-security"),
    path("settings/data/", data.data, name="settings-data"),
    path("settings/erase/", data.erase, name="settings-erase"),
    path("staff/mail/", mail.staff_mail, name="staff-mail"),
    path("staff/mail/<uuid:mail_id>/", mail.staff_mail_message, name="staff-mail-message"),
]
