"""Addresses of the users part, from the site's root."""

from __future__ import annotations

from django.urls import path

from accounts.api import erasure, export, personal_tokens, sessions, views

urlpatterns = [
    path("api/v1/users/signup", views.SignUpView.as_view(), name="api-users-signup"),
    path("api/v1/users/login", views.SignInView.as_view(), name="api-users-login"),
    path("api/v1/users/refresh", views.RefreshView.as_view(), name="api-users-refresh"),
    path("api/v1/users/logout", views.SignOutView.as_view(), name="api-users-logout"),
    path("api/v1/users/me", views.MeView.as_view(), name="api-users-me"),
    path("api/v1/users/me/erasure", erasure.ErasureView.as_view(), name="api-user-erasure"),
    path("api/v1/users/me/export", export.ExportView.as_view(), name="api-user-export"),
    path("api/v1/users/me/sessions", sessions.SessionsView.as_view(), name="api-user-sessions"),
    path(
        "api/v1/users/me/sessions/<uuid:session_id>",
        sessions.SessionView.as_view(),
        name="api-user-session",
    ),
    path("api/v1/users/me/tokens", personal_tokens.TokenListView.as_view(), name="api-users-tokens"),
    path(
        "api/v1/users/me/tokens/<uuid:token_id>",
        personal_tokens.TokenView.as_view(),
        name="api-users-token",
    ),
    path("api/user/me", views.WhoAmIView.as_view(), name="api-user-me"),
]
