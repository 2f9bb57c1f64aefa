"""Addresses of the pages of alerts."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from alerts.views import (
    alert,
    channels,
    chart,
    editor,
    files,
    listing,
    notification_settings,
    notifications,
    preview,
    push,
    unsubscribe,
)

_ONE = [
    path("", alert.alert, name="alert"),
    path("edit/", editor.alert_edit, name="alert-edit"),
    path("pause/", alert.alert_pause, name="alert-pause"),
    path("resume/", alert.alert_resume, name="alert-resume"),
    path("snooze/", alert.alert_snooze, name="alert-snooze"),
    path("duplicate/", alert.alert_duplicate, name="alert-duplicate"),
    path("delete/", alert.alert_delete, name="alert-delete"),
]

_CHANNEL = [
    path("", channels.channel, name="settings-channel"),
    path("verify/", channels.channel_verify, name="settings-channel-verify"),
    path("proof/", channels.channel_proof, name="settings-channel-proof"),
    path("test/", channels.channel_test, name="settings-channel-test"),
    path("pause/", channels.channel_pause, name="settings-channel-pause"),
    path("resume/", channels.channel_resume, name="settings-channel-resume"),
    path("delete/", channels.channel_delete, name="settings-channel-delete"),
    path("secret/", channels.channel_secret, name="settings-channel-secret"),
    path("secret/rotate/", channels.channel_rotate, name="settings-channel-rotate"),
    path("live/", channels.channel_live, name="settings-channel-live"),
    path("deliveries/<uuid:delivery_id>/resend/", channels.channel_resend, name="settings-channel-resend"),
]
_NOTIFICATIONS: list[URLPattern | URLResolver] = [
    path("", notification_settings.overview, name="settings-notifications"),
    path("topics/", notification_settings.topics, name="settings-notification-topics"),
    path("times/", notification_settings.times, name="settings-notification-times"),
    path("push/", push.push, name="settings-push"),
    path("push/key/", push.push_key, name="settings-push-key"),
    path("new/<slug:channel_kind>/", channels.channel_new, name="settings-channel-new"),
    path("<uuid:channel_id>/", include(_CHANNEL)),
]

urlpatterns = [
    path("settings/notifications/", include(_NOTIFICATIONS)),
    path("alerts/", listing.alert_list, name="alert-list"),
    path("alerts/new/", editor.alert_create, name="alert-create"),
    path("alerts/import/", files.alert_import, name="alert-import"),
    path("alerts/template.csv", files.alert_template, name="alert-template"),
    path("alerts/export.csv", files.alert_export, name="alert-export"),
    path("alerts/preview/", preview.alert_preview, name="alert-preview"),
    path("alerts/bulk/", listing.alert_bulk, name="alert-bulk"),
    path("alerts/chart/<uuid:uuid>/", chart.alerts_on_chart, name="alerts-on-chart"),
    path("alerts/chart/<uuid:uuid>/new/", chart.alert_at, name="alert-at"),
    path("alerts/<uuid:alert_id>/", include(_ONE)),
    path("notifications/", notifications.notification_list, name="notification-list"),
    path("notifications/latest/", notifications.notification_latest, name="notification-latest"),
    path("notifications/read/", notifications.notification_read, name="notification-read"),
    path("notifications/stop/<str:token>/", unsubscribe.unsubscribe, name="notifications-unsubscribe"),
]
