"""The ASGI application."""

from __future__ import annotations

import os
from typing import cast

from django.conf import settings
from django.core.asgi import get_asgi_application

from core.bodyguard import Application, BodyGuard

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = BodyGuard(
    cast("Application", get_asgi_application()),
    most_bytes=settings.UPLOAD_LIMIT_BYTES,
    seconds=settings.BODY_TIMEOUT_SECONDS,
)
