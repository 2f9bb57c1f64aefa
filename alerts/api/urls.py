"""Routes of the REST API of alerts."""

from __future__ import annotations

from django.urls import path

from alerts.api import alerts, channels, files, notifications

ONE = "api/v1/alerts/<uuid:alert_id>"
CHANNELS = "api/v1/notification-channels"
CHANNEL = f"{CHANNELS}/<uuid:channel_id>"

urlpatterns = [
    path("api/v1/alerts", alerts.AlertListView.as_view(), name="api-alerts"),
    path("api/v1/alerts/csv", files.AlertFileView.as_view(), name="api-alerts-csv"),
    path("api/v1/alerts/preview", alerts.AlertPreviewView.as_view(), name="api-alerts-preview"),
    path(ONE, alerts.AlertView.as_view(), name="api-alert"),
    path(f"{ONE}/pause", alerts.AlertPauseView.as_view(), name="api-alert-pause"),
    path(f"{ONE}/resume", alerts.AlertResumeView.as_view(), name="api-alert-resume"),
    path(f"{ONE}/snooze", alerts.AlertSnoozeView.as_view(), name="api-alert-snooze"),
    path(f"{ONE}/duplicate", alerts.AlertDuplicateView.as_view(), name="api-alert-duplicate"),
    path(f"{ONE}/triggers", alerts.TriggerListView.as_view(), name="api-alert-triggers"),
    path("api/v1/notifications", notifications.NotificationListView.as_view(), name="api-notifications"),
    path("api/v1/notifications/unread", notifications.UnreadView.as_view(), name="api-notifications-unread"),
    path(
        "api/v1/notifications/read",
        notifications.NotificationReadView.as_view(),
        name="api-notifications-read",
    ),
    path(CHANNELS, channels.ChannelListView.as_view(), name="api-channels"),
    path(CHANNEL, channels.ChannelView.as_view(), name="api-channel"),
    path(f"{CHANNEL}/verify", channels.ChannelVerifyView.as_view(), name="api-channel-verify"),
    path(f"{CHANNEL}/proof", channels.ChannelProofView.as_view(), name="api-channel-proof"),
    path(f"{CHANNEL}/test", channels.ChannelTestView.as_view(), name="api-channel-test"),
    path(f"{CHANNEL}/pause", channels.ChannelPauseView.as_view(), name="api-channel-pause"),
    path(f"{CHANNEL}/resume", channels.ChannelResumeView.as_view(), name="api-channel-resume"),
    path(f"{CHANNEL}/rotate-secret", channels.ChannelSecretView.as_view(), name="api-channel-rotate"),
    path(f"{CHANNEL}/deliveries", channels.DeliveryListView.as_view(), name="api-channel-deliveries"),
    path(
        f"{CHANNEL}/deliveries/<uuid:delivery_id>/resend",
        channels.DeliveryResendView.as_view(),
        name="api-channel-resend",
    ),
    path(
        "api/v1/notification-settings",
        channels.NotificationSettingsView.as_view(),
        name="api-notification-settings",
    ),
]
