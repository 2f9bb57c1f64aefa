"""People, their sign-ins, mail and the audit log in the admin."""

from __future__ import annotations

from accounts.admin import audit, identities, looks, mail, people, signins, tokens

__all__ = ["audit", "identities", "looks", "mail", "people", "signins", "tokens"]
