"""The REST API and its OpenAPI document."""

from __future__ import annotations

from datetime import timedelta

from config.settings.environment import PRODUCTION, env, secret_key
from config.settings.signing import jwt_keys

__all__ = ["REST_FRAMEWORK", "SIMPLE_JWT", "SPECTACULAR_SETTINGS"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.PersonalTokenAuthentication",
        "accounts.api.authentication.BearerAuthentication",
        "accounts.api.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.SignedIn"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.rendering.JSONRenderer", "core.api.rendering.ProblemRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.rendering.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.SkipLimitPagination",
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.Schema",
    "EXCEPTION_HANDLER": "core.api.problems.handle",
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttles.BudgetThrottle"],
    "UNICODE_JSON": True,
    # answers are JSON; without this every operation documents a ?format= that does nothing
    "URL_FORMAT_OVERRIDE": None,
}

_JWT = jwt_keys(
    algorithm=env.str("JWT_ALGORITHM", default="HS256"),
    key=env.str("JWT_SECRET_KEY", default=""),
    default=secret_key(),
    production=PRODUCTION,
)
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("JWT_EXPIRY_MINUTES", default=30)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("JWT_REFRESH_DAYS", default=30)),
    "ALGORITHM": _JWT.algorithm,
    "SIGNING_KEY": _JWT.signing,
    "VERIFYING_KEY": _JWT.verifying,
    "USER_ID_CLAIM": "sub",
    "UPDATE_LAST_LOGIN": False,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Florin",
    "DESCRIPTION": (
        "Portfolios, markets and performance. Decimals are strings, except in the endpoints marked "
        "*published contract*, whose clients parse numbers. Errors are RFC 9457 problem documents."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api(/v1)?",
    "ENUM_NAME_OVERRIDES": {
        "InstrumentKind": "market.api.serializers.INSTRUMENT_KINDS",
        "CorporateActionKind": "market.api.serializers.CORPORATE_ACTION_KINDS",
        "ChannelKind": "alerts.models.Channel.Kind",
        "NotificationKind": "alerts.models.Notification.Kind",
        "ArchiveStatus": "portfolios.models.ArchiveImport.Status",
        "ImportStatus": "portfolios.models.TransactionImport.Status",
        "InvitedRole": "portfolios.models.PortfolioInvitation.ROLES",
        "MemberRole": "core.models.Role",
        "TransactionKind": "portfolios.api.serializers.TRANSACTION_KINDS",
    },
}
