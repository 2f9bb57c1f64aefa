"""What alerts count for Prometheus; what waits is read from the database (`alerts.selectors.panels`)."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

alerts_fired = Counter("florin_alerts_fired", "Times that an alert fired")
notifications_told = Counter("florin_notifications", "Notifications that were written")
# `outcome` as an attempt's row has it; counted for each try, by whoever makes it
delivery_attempts = Counter(
    "florin_delivery_attempts", "Tries to deliver, by kind of channel and outcome", ["channel", "outcome"]
)
delivery_lost_leases = Counter(
    "florin_delivery_lost_leases", "Deliveries that took longer than their lease, and are tried once more"
)
delivery_seconds = Histogram(
    "florin_delivery_seconds",
    "From when a notification was written until its channel had it; without those that waited on purpose",
    ["channel"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600),
)
