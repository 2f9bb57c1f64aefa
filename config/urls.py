"""Every route of the platform."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from core import health

urlpatterns = [
    path("", include("core.urls")),
    path("", include("accounts.urls")),
    path("", include("accounts.api.urls")),
    path("", include("market.urls")),
    path("", include("market.api.urls")),
    path("", include("portfolios.urls")),
    path("", include("portfolios.api.urls")),
    path("", include("alerts.urls")),
    path("", include("alerts.api.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("", include("django_prometheus.urls")),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
