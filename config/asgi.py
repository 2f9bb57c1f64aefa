"""The ASGI application."""

from __future__ import annotations

import os
import sys
from typing import cast

from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

from core.bodyguard import BodyGuard
from core.early import Application
from core.gate import Gate
from core.live.lifespan import lifespan

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A request waits for Python's lock after each of its queries, behind every thread that computes: for
# 5 ms each as Python comes. With many sign-ins at once that is most of what a page takes.
SWITCH_SECONDS = 0.001
sys.setswitchinterval(SWITCH_SECONDS)

pages = BodyGuard(
    Gate(
        cast("Application", get_asgi_application()),
        paths=settings.PASSWORD_PATHS,
        places=settings.PASSWORD_HASHING_WORKERS + settings.PASSWORD_HASHING_QUEUE,
        at_once=settings.PASSWORD_HASHING_WORKERS,
    ),
    most_bytes=settings.UPLOAD_LIMIT_BYTES,
    seconds=settings.BODY_TIMEOUT_SECONDS,
)

from config.sockets import sockets  # noqa: E402  # consumers need the apps, which Django has loaded just now

application = ProtocolTypeRouter({"http": pages, "websocket": sockets, "lifespan": lifespan})
