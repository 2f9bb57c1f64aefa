"""What alerts count for Prometheus; what waits is read from the database (`alerts.selectors.panels`)."""

from __future__ import annotations

from prometheus_client import Counter

alerts_fired = Counter("florin_alerts_fired", "Times that an alert fired")
notifications_told = Counter("florin_notifications", "Notifications that were written")
# `outcome` as an attempt's row has it; counted for each try, by whoever makes it
delivery_attempts = Counter(
    "florin_delivery_attempts", "Tries to deliver, by kind of channel and outcome", ["channel", "outcome"]
)
