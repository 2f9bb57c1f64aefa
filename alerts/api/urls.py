"""Routes of the REST API of alerts."""

from __future__ import annotations

from django.urls import path

from alerts.api import alerts, notifications

ONE = "api/v1/alerts/<uuid:alert_id>"

urlpatterns = [
    path("api/v1/alerts", alerts.AlertListView.as_view(), name="api-alerts"),
    path(ONE, alerts.AlertView.as_view(), name="api-alert"),
    path(f"{ONE}/pause", alerts.AlertPauseView.as_view(), name="api-alert-pause"),
    path(f"{ONE}/resume", alerts.AlertResumeView.as_view(), name="api-alert-resume"),
    path(f"{ONE}/snooze", alerts.AlertSnoozeView.as_view(), name="api-alert-snooze"),
    path(f"{ONE}/duplicate", alerts.AlertDuplicateView.as_view(), name="api-alert-duplicate"),
    path(f"{ONE}/triggers", alerts.TriggerListView.as_view(), name="api-alert-triggers"),
    path("api/v1/notifications", notifications.NotificationListView.as_view(), name="api-notifications"),
    path(
        "api/v1/notifications/read",
        notifications.NotificationReadView.as_view(),
        name="api-notifications-read",
    ),
]
