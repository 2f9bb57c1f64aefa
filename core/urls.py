"""Pages that belong to no app."""

from __future__ import annotations

from django.urls import path

from core import cspreports, views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("search", views.search, name="search"),
    path("csp-report", cspreports.csp_report, name="csp-report"),
    path("offline", views.offline, name="offline"),
    path("service-worker.js", views.service_worker, name="service-worker"),
]
