"""Addresses of the sockets of the market."""

from __future__ import annotations

from django.urls import path

from market.consumers.prices import PriceConsumer
from market.consumers.tickers import TickerConsumer

websocket_urlpatterns = [
    path("ws/prices/", PriceConsumer.as_asgi(), name="ws-prices"),
    path("api/v1/tickers/ws", TickerConsumer.as_asgi(), name="ws-tickers"),
]
