"""What the ground floor counts for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

throttle_failures = Counter(
    "florin_throttle_failures",
    "Requests counted by one process alone, because the shared cache does not answer",
)
throttled = Counter("florin_throttled", "Requests refused because a budget was spent", ["budget"])
timed_out = Counter("florin_requests_timed_out", "Requests that passed their time limit")
csp_reports = Counter(
    "florin_csp_reports", "Violations of the content policy, told by browsers", ["directive"]
)
live_sockets = Gauge("florin_live_sockets", "Sockets that are open")
live_frames = Counter(
    "florin_live_frames", "Frames with prices or values, and heartbeats, written to sockets"
)
live_skipped = Counter("florin_live_skipped", "Sockets that had no room and went on with the newest state")
live_dropped = Counter("florin_live_dropped", "Sockets that were closed by us", ["why"])
live_refused = Counter("florin_live_refused", "Sockets that were not let in", ["why"])
live_carrier_lost = Counter("florin_live_carrier_lost", "Times that the subscription to hints was lost")
live_carrier_up = Gauge("florin_live_carrier_up", "Whether hints are heard (1)")
live_hints_lost = Counter("florin_live_hints_lost", "Hints that could not be sent")
live_read_failures = Counter("florin_live_read_failures", "Readings for sockets that failed")
live_lag = Gauge("florin_live_seq_lag", "Numbers that hints are ahead of what was read", ["feed"])
