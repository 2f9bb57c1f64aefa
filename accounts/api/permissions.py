"""Who may call at all."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.errors import ErasurePending


class SignedIn(IsAuthenticated):
    """Somebody who is signed in; whose account is to be erased only where a view says so.

    Such a view names its methods in `open_to_leaving`.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether they are.

        Raises:
            ErasurePending: they are, and their account is to be erased.
        """
        if not super().has_permission(request, view):
            return False
        leaving = getattr(request.user, "erase_after", None) is not None
        if leaving and request.method not in getattr(view, "open_to_leaving", ()):
            raise ErasurePending
        return True
