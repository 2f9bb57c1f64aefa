"""What the market counts for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter

source_requests = Counter("florin_source_requests", "Requests to sources of prices", ["kind"])
source_failures = Counter(
    "florin_source_failures",
    "Requests to sources of prices that failed, by the code of the error",
    ["kind", "code"],
)
