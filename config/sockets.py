"""Every socket of the platform."""

from __future__ import annotations

from channels.routing import URLRouter

from alerts.routing import websocket_urlpatterns as alerts
from core.live.routing import or_nothing
from market.routing import websocket_urlpatterns as market
from portfolios.routing import websocket_urlpatterns as portfolios

sockets = or_nothing(URLRouter([*market, *portfolios, *alerts]))
