"""Addresses of the pages about people; sign-in and its kin are allauth's, under ``accounts/``."""

from __future__ import annotations

from django.urls import path

from accounts import views

urlpatterns = [
    path("settings/", views.profile, name="settings"),
    path("settings/erase/", views.erase, name="settings-erase"),
    path("staff/mail/", views.staff_mail, name="staff-mail"),
    path("staff/mail/<uuid:mail_id>/", views.staff_mail_message, name="staff-mail-message"),
]
