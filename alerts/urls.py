"""Addresses of the pages of alerts."""

from __future__ import annotations

from django.urls import include, path

from alerts.views import alert, chart, editor, listing, notifications, unsubscribe

_ONE = [
    path("", alert.alert, name="alert"),
    path("edit/", editor.alert_edit, name="alert-edit"),
    path("pause/", alert.alert_pause, name="alert-pause"),
    path("resume/", alert.alert_resume, name="alert-resume"),
    path("snooze/", alert.alert_snooze, name="alert-snooze"),
    path("duplicate/", alert.alert_duplicate, name="alert-duplicate"),
    path("delete/", alert.alert_delete, name="alert-delete"),
]

urlpatterns = [
    path("alerts/", listing.alert_list, name="alert-list"),
    path("alerts/new/", editor.alert_create, name="alert-create"),
    path("alerts/bulk/", listing.alert_bulk, name="alert-bulk"),
    path("alerts/chart/<uuid:uuid>/", chart.alerts_on_chart, name="alerts-on-chart"),
    path("alerts/chart/<uuid:uuid>/new/", chart.alert_at, name="alert-at"),
    path("alerts/<uuid:alert_id>/", include(_ONE)),
    path("notifications/", notifications.notification_list, name="notification-list"),
    path("notifications/latest/", notifications.notification_latest, name="notification-latest"),
    path("notifications/read/", notifications.notification_read, name="notification-read"),
    path("notifications/stop/<str:token>/", unsubscribe.unsubscribe, name="notifications-unsubscribe"),
]
