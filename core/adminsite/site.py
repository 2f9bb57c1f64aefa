"""Our admin site: Django's own admin with a dashboard that answers "is everything all right?"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.adminsite import panels

# what packages bring stands with what it belongs to
_BELONGS = {
    "account": "accounts",
    "auth": "accounts",
    "socialaccount": "accounts",
    "django_celery_beat": "core",
}
_TITLES = {"accounts": _("People"), "core": _("The platform")}


class FlorinAdminSite(admin.AdminSite):
    """The admin, with the dashboard's panels on its index."""

    site_header = _("Florin staff")
    site_title = _("Florin staff")
    index_title = _("Is everything all right?")
    index_template = "admin/dashboard.html"
    # tables of packages that this platform does not use, or that hold what nobody is to read
    hidden = frozenset(
        {
            "django_celery_beat.ClockedSchedule",
            "django_celery_beat.CrontabSchedule",
            "django_celery_beat.IntervalSchedule",
            "django_celery_beat.SolarSchedule",
            "mfa.Authenticator",
            "socialaccount.SocialApp",
            "socialaccount.SocialToken",
        }
    )

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the panels, then the models by app."""
        dashboard = panels.gather(request.user)
        return super().index(request, {**(extra_context or {}), "dashboard": dashboard})

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register models; what a package brings for a model of `hidden`, or for one we show, is left out."""
        models = model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        wanted = [model for model in models if not self._is_ours(model)]
        super().register(wanted, admin_class, **options)

    def _is_ours(self, model: Any) -> bool:
        return model._meta.label in self.hidden or self.is_registered(model)  # noqa: SLF001  # Django's own way

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """List the models by what they are about, each once; one app's alone where it is asked for."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        groups: dict[str, Any] = {}
        for app in apps:
            label = _BELONGS.get(app["app_label"], app["app_label"])
            group = groups.setdefault(label, {**app, "models": []})
            if app["app_label"] == label:
                group |= {key: app[key] for key in ("app_label", "app_url", "has_module_perms")}
            group["name"] = _TITLES.get(label, group["name"])
            group["models"] = sorted([*group["models"], *app["models"]], key=lambda one: str(one["name"]))
        return sorted(groups.values(), key=lambda group: str(group["name"]))

    def get_urls(self) -> list[Any]:
        """Leave out the way from a row to its page: no row has one, and a wrong id there is an error."""
        return [one for one in super().get_urls() if getattr(one, "name", "") != "view_on_site"]

    def login(self, request: HttpRequest, _extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send people to the one sign-in page, with its second factor and its guard.

        Raises:
            PermissionDenied: who asks is signed in and is no staff.
        """
        from django.contrib.auth.views import redirect_to_login  # needs the apps to be loaded

        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index"))


class FlorinAdminConfig(AdminConfig):
    default_site = "core.adminsite.site.FlorinAdminSite"
