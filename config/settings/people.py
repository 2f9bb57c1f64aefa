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
    "ACCOUNT_REAUTHENTICATION_REQUIRED",
    "ACCOUNT_SIGNUP_FIELDS",
    "ACCOUNT_SIGNUP_FORM_CLASS",
    "ACCOUNT_UNIQUE_EMAIL",
    "ACCOUNT_USER_MODEL_USERNAME_FIELD",
    "AUTHENTICATION_BACKENDS",
    "AUTH_PASSWORD_VALIDATORS",
    "AUTH_USER_MODEL",
    "DEFAULT_FROM_EMAIL",
    "EMAIL_BACKEND",
    "EMAIL_TIMEOUT",
    "ERASURE_GRACE_DAYS",
    "LOGIN_REDIRECT_URL",
    "LOGIN_URL",
    "MFA_ADAPTER",
    "MFA_FORMS",
    "MFA_PASSKEY_LOGIN_ENABLED",
    "MFA_RATE_LIMITS",
    "MFA_SUPPORTED_TYPES",
    "MFA_TOTP_ISSUER",
    "OIDC_NAME",
    "OIDC_TRUST_EMAIL",
    "PASSWORD_HASHERS",
    "SILENCED_SYSTEM_CHECKS",
    "SOCIALACCOUNT_ADAPTER",
    "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT",
    "SOCIALACCOUNT_PROVIDERS",
    "STAFF_REQUIRE_MFA",
    "SUPPORT_HIDDEN_PATHS",
    "SUPPORT_HIDDEN_ROUTES",
    "SUPPORT_SHOWN_PATHS",
]

AUTH_USER_MODEL = "accounts.User"
# the address is unique in any case, by a constraint that this check does not see
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
# the one way in by password; each further one would hash a wrong password once more
AUTHENTICATION_BACKENDS = ["accounts.adapters.EmailBackend"]
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
ACCOUNT_REAUTHENTICATION_REQUIRED = True

MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "authenticate_webauthn": "accounts.forms.AuthenticatePasskeyForm",
    "edit_webauthn": "accounts.forms.EditPasskeyForm",
    "login_webauthn": "accounts.forms.LoginPasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.ReauthenticatePasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
# a passkey cannot be guessed: this only bounds the work, for a whole class behind one address
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Florin"

# on one machine with known demo sign-ins it would only stand in the way
STAFF_REQUIRE_MFA = env.bool("STAFF_REQUIRE_MFA", default=not EMBEDDED)

# What support never sees of a person: how they sign in, tokens, mail, invitations, and files of all
# their data. A page below these that is harmless is named as shown.
SUPPORT_HIDDEN_PATHS = (
    "/settings/",
    "/accounts/",
    "/api/v1/users/",
    "/api/v1/notification-channels",
    "/invitations/",
)
SUPPORT_SHOWN_PATHS = ("/settings/", "/api/v1/users/me")
SUPPORT_HIDDEN_ROUTES = ("transaction-export",)

OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="") or "OpenID Connect"
OIDC_TRUST_EMAIL = env.bool("OIDC_TRUST_EMAIL", default=False)
if bool(OIDC_SERVER_URL) != bool(OIDC_CLIENT_ID):
    raise ImproperlyConfigured("OIDC_SERVER_URL and OIDC_CLIENT_ID are set together, or neither.")
if PRODUCTION and OIDC_SERVER_URL and not OIDC_SERVER_URL.startswith("https://"):
    raise ImproperlyConfigured("OIDC_SERVER_URL must be https: what it answers says who people are.")
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": OIDC_NAME,
                    "client_id": OIDC_CLIENT_ID,
                    "secret": OIDC_CLIENT_SECRET,
                    "settings": {"server_url": OIDC_SERVER_URL},
                }
            ],
        }
    }
    if OIDC_SERVER_URL
    else {}
)

ERASURE_GRACE_DAYS = env.int("ERASURE_GRACE_DAYS", default=7)
if ERASURE_GRACE_DAYS < 0:
    raise ImproperlyConfigured("ERASURE_GRACE_DAYS is 0 or more.")

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Florin <florin@localhost>")
EMAIL_URL = env.str("EMAIL_URL", default="")
if PRODUCTION and not EMAIL_URL:
    raise ImproperlyConfigured(
        "Production needs EMAIL_URL, for links that prove addresses and new passwords."
    )
# a mail server that says nothing holds nobody up for longer (seconds)
EMAIL_TIMEOUT = 10
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
