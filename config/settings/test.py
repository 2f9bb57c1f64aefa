"""Settings of the tests: quick password hashes, no collected static files, mail in memory."""

from __future__ import annotations

from config.settings import *  # noqa: F403

# the tests of a budget set it themselves
THROTTLES = {
    **THROTTLES,  # noqa: F405
    **dict.fromkeys(
        (
            "reads",
            "writes",
            "heavy",
            "anonymous",
            "address",
            "invitations",
            "invitations-address",
            "public-links",
            "channels",
            "alert-previews",
            "channel-proofs",
            "channel-proofs-address",
            "channel-proofs-host",
            "channel-tests",
        ),
        "1000000/min",
    ),
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
