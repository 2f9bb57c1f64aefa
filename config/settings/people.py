"""Sign-in, passwords and mail."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.settings.database import EMBEDDED
from config.settings.environment import PRODUCTION, env

__all__ = [
    "ACCOUNT_ADAPTER",
    "ACCOUNT_CHANGE_EMAIL",
    "ACCOUNT_EMAIL_NOTIFICATIONS",
    "ACCOUNT_EMAIL_SUBJECT_PREFIX",
    "ACCOUNT_EMAIL_VERIFICATION",
    "ACCOUNT_LOGIN_METHODS",
    "ACCOUNT_LOGOUT_REDIRECT_URL",
    "ACCOUNT_PREVENT_ENUMERATION",
    "ACCOUNT_RATE_LIMITS",
    "ACCOUNT_SIGNUP_FIELDS",
    "ACCOUNT_SIGNUP_FORM_CLASS",
    "ACCOUNT_UNIQUE_EMAIL",
    "ACCOUNT_USER_MODEL_USERNAME_FIELD",
    "AUTHENTICATION_BACKENDS",
    "AUTH_PASSWORD_VALIDATORS",
    "AUTH_USER_MODEL",
    "DEFAULT_FROM_EMAIL",
    "EMAIL_BACKEND",
    "LOGIN_REDIRECT_URL",
    "LOGIN_URL",
    "MFA_TOTP_ISSUER",
    "PASSWORD_HASHERS",
    "SILENCED_SYSTEM_CHECKS",
]

AUTH_USER_MODEL = "accounts.User"
# the address is unique in any case, by a constraint that this check does not see
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "core.hashing.QueuedArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "landing"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
# one address a person: a new one takes over once it is proven
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "signup": "60/m/ip"}
MFA_TOTP_ISSUER = "Florin"

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Florin <florin@localhost>")
EMAIL_URL = env.str("EMAIL_URL", default="")
if PRODUCTION and not EMAIL_URL:
    raise ImproperlyConfigured(
        "Production needs EMAIL_URL, for links that prove addresses and new passwords."
    )
if EMAIL_URL:
    _mail = env.email_url_config(EMAIL_URL)
    globals().update({key: value for key, value in _mail.items() if key.isupper()})
    __all__ += [key for key in _mail if key.isupper() and key not in __all__]
else:
    EMAIL_BACKEND = (
        "accounts.transports.StoredMailBackend"
        if EMBEDDED
        else "django.core.mail.backends.console.EmailBackend"
    )
