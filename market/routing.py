"""Addresses of the sockets of the market."""

from __future__ import annotations

from django.urls import path

from market.consumers.prices import PriceConsumer

websocket_urlpatterns = [
    path("ws/prices/", PriceConsumer.as_asgi(), name="ws-prices"),
]
