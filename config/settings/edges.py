"""How much of the platform one caller may have: requests in a minute, seconds for each."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env
from core.limiter import Budget

__all__ = [
    "BODY_TIMEOUT_SECONDS",
    "HEAVY_ROUTES",
    "PASSWORD_HASHING_QUEUE",
    "PASSWORD_HASHING_WORKERS",
    "PASSWORD_PATHS",
    "REQUEST_TIMEOUT_HEAVY_SECONDS",
    "REQUEST_TIMEOUT_SECONDS",
    "THROTTLES",
    "THROTTLE_EXEMPT_PATHS",
]

# the first four by person, the others by network
THROTTLES = {
    "reads": env.str("THROTTLE_READS", default="3000/min"),
    "writes": env.str("THROTTLE_WRITES", default="1200/min"),
    "export": env.str("THROTTLE_EXPORT", default="10/hour"),
    "heavy": env.str("THROTTLE_HEAVY", default="120/min"),
    "anonymous": env.str("THROTTLE_ANONYMOUS", default="600/min"),
    "address": env.str("THROTTLE_ADDRESS", default="6000/min"),
    "sign-in": env.str("THROTTLE_SIGN_IN", default="20/min"),
    "sign-up": env.str("THROTTLE_SIGN_UP", default="60/min"),
    "refresh": env.str("THROTTLE_REFRESH", default="120/min"),
    "reports": env.str("THROTTLE_REPORTS", default="60/min"),
    # pages, charts and JSON of public links, however many links of however many people
    "public-links": env.str("THROTTLE_PUBLIC_LINKS", default="120/min"),
    # mails that invite: by who sends them, and by the address they go to
    "invitations": env.str("THROTTLE_INVITATIONS", default="30/day"),
    "invitations-address": env.str("THROTTLE_INVITATIONS_ADDRESS", default="5/day"),
    # channels made, and proofs and tests sent: by who has them sent, proofs also by where they go
    "channels": env.str("THROTTLE_CHANNELS", default="30/day"),
    "alert-previews": env.str("THROTTLE_ALERT_PREVIEWS", default="60/min"),
    "channel-proofs": env.str("THROTTLE_CHANNEL_PROOFS", default="30/day"),
    "channel-proofs-address": env.str("THROTTLE_CHANNEL_PROOFS_ADDRESS", default="6/day"),
    "channel-proofs-host": env.str("THROTTLE_CHANNEL_PROOFS_HOST", default="60/day"),
    "channel-tests": env.str("THROTTLE_CHANNEL_TESTS", default="60/hour"),
}
for _name, _rate in THROTTLES.items():
    try:
        Budget.parse(_name, _rate)
    except ValueError as error:
        raise ImproperlyConfigured(str(error)) from error
THROTTLE_EXEMPT_PATHS = frozenset({"/health/live", "/health/ready", "/metrics"})

REQUEST_TIMEOUT_SECONDS = env.float("REQUEST_TIMEOUT_SECONDS", default=30.0)
REQUEST_TIMEOUT_HEAVY_SECONDS = env.float("REQUEST_TIMEOUT_HEAVY_SECONDS", default=120.0)
# imports, exports and the like, by route and method: a budget and a time limit of their own
HEAVY_ROUTES = {
    "schema": ("GET",),
    "api-imports": ("POST",),
    "api-archive": ("GET", "POST"),
    "archives": ("POST",),
    "archive-download": ("GET",),
    "api-import-apply": ("POST",),
    "api-import-undo": ("POST",),
    "import-start": ("POST",),
    "import-preview": ("POST",),
    "import-apply": ("POST",),
    "import-undo": ("POST",),
    "transaction-export": ("GET",),
    "transaction-json": ("GET",),
    "instrument-bars-csv": ("GET",),
    "settings-data-export": ("POST",),
    "api-user-export": ("POST",),
    "api-bars": ("POST",),
    **{
        f"admin:market_{model}_{page}": ("GET", "POST")
        for model in ("instrument", "corporateaction", "exchange", "dailybar", "fxrate")
        for page in ("import", "export")
    },
    "api-transaction-batch": ("POST",),
}

# a body that takes longer to arrive is a connection held open, not a slow line
BODY_TIMEOUT_SECONDS = env.float("BODY_TIMEOUT_SECONDS", default=30.0)
# how many passwords are hashed at once in a process, and how many more may wait for it
PASSWORD_HASHING_WORKERS = env.int("PASSWORD_HASHING_WORKERS", default=1)
PASSWORD_HASHING_QUEUE = env.int("PASSWORD_HASHING_QUEUE", default=10)
# where anybody may have one hashed; so many POSTs to these are let in at once, of others none is counted
PASSWORD_PATHS = frozenset(
    {"/api/v1/users/login", "/api/v1/users/signup", "/accounts/login/", "/accounts/signup/", "/admin/login/"}
)
