"""What the ground floor counts for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter

throttle_failures = Counter(
    "florin_throttle_failures",
    "Requests counted by one process alone, because the shared cache does not answer",
)
throttled = Counter("florin_throttled", "Requests refused because a budget was spent", ["budget"])
timed_out = Counter("florin_requests_timed_out", "Requests that passed their time limit")
csp_reports = Counter(
    "florin_csp_reports", "Violations of the content policy, told by browsers", ["directive"]
)
