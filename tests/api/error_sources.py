"""Cases of error codes that come of sources of prices and of the addresses that they have."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from core.outbound import Caller
from market.domain.budget import Limits
from market.providers.client import Client
from market.services.feeds.budget import spend
from tests.api.error_ground import Ground, produces
from tests.support.sources import Reply, Source, says

ANSWERS = {
    "provider-unknown": says({"detail": "Not found."}, 404),
    "provider-failed": says({"message": "bad request"}, 400),
    "provider-unavailable": says("", 503, Retry_After="60"),
    "provider-limited": says({"error": "API limit reached."}, 429),
    "provider-refused": says({"error": "Invalid API key"}, 401),
    "provider-unreadable": says("<html></html>"),
}


@produces("address-refused")
def _(_at: Ground) -> Any:
    return Caller().get("http://169.254.169.254/latest/meta-data")


def answered(reply: Reply) -> Callable[[Ground], Any]:
    def case(at: Ground) -> Any:
        at.settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
        with closing(Source().on("/quote", reply)) as source:
            return Client(base_url=source.url).get_json("/quote")

    return case


for code, answer in ANSWERS.items():
    produces(code)(answered(answer))


@produces("provider-budget-spent")
def provider_budget_spent(_ground: Ground) -> Any:
    limits = Limits(minute=1)
    spend(key="of-a-test", limits=limits, requests=1)
    spend(key="of-a-test", limits=limits, requests=1)
