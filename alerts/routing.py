"""Addresses of the sockets of alerts."""

from __future__ import annotations

from django.urls import path

from alerts.consumers.notifications import NotificationConsumer

websocket_urlpatterns = [
    path("ws/notifications/", NotificationConsumer.as_asgi(), name="ws-notifications"),
]
