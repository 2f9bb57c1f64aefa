"""What encrypts secrets at rest, and whose tokens count besides ours."""

from __future__ import annotations

from config.settings.environment import KMS_KEY_ID, encryption_keys

__all__ = ["FIELD_ENCRYPTION_KEYS", "FIELD_ENCRYPTION_KMS_KEY_ID", "MFA_ADAPTER"]

# the first encrypts, all of them decrypt; a key of KMS comes before them
FIELD_ENCRYPTION_KEYS = encryption_keys()
FIELD_ENCRYPTION_KMS_KEY_ID = KMS_KEY_ID
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
