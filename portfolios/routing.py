"""Addresses of the sockets of portfolios."""

from __future__ import annotations

from django.urls import path

from portfolios.consumers.figures import FiguresConsumer

websocket_urlpatterns = [
    path("ws/portfolios/", FiguresConsumer.as_asgi(), name="ws-portfolios"),
]
