"""People in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.forms import LookForm
from accounts.models import User
from accounts.selectors import support
from core import audit
from core.actor import Actor
from core.adminsite import FastList
from core.adminsite.filters import PeriodFilter, QuestionFilter
from core.pages import attempted

if TYPE_CHECKING:  # Django's forms and admins are generic to mypy only
    _UserCreationForm = AdminUserCreationForm[User]
    _UserAdmin = DjangoUserAdmin[User]
else:
    _UserCreationForm, _UserAdmin = AdminUserCreationForm, DjangoUserAdmin


class UserCreationForm(_UserCreationForm):
    """Make a user by address."""

    class Meta:
        model = User
        fields = ("email",)


# what opens an account, and what it may
POWERS = ("email", "is_active", "is_staff", "is_superuser", "groups", "user_permissions")


def _is_super(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


class StateFilter(QuestionFilter):
    """The questions that support asks about accounts."""

    title = _("state")
    parameter_name = "state"
    questions = (
        ("open", _("Open")),
        ("closed", _("Closed")),
        ("leaving", _("To be erased")),
        ("unverified", _("Address not proven")),
        ("one_factor", _("No second factor")),
        ("staff_one_factor", _("Staff without a second factor")),
        ("never", _("Never signed in")),
    )

    def ask(self, question: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts that are so."""
        proven = Exists(EmailAddress.objects.filter(user=OuterRef("pk"), verified=True))
        kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
        factor = Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=kinds))
        conditions = {
            "open": Q(is_active=True),
            "closed": Q(is_active=False),
            "leaving": Q(erase_after__isnull=False),
            "unverified": ~Q(proven),
            "one_factor": ~Q(factor),
            "staff_one_factor": Q(is_staff=True) & ~Q(factor),
            "never": Q(last_login=None),
        }
        return rows.filter(conditions[question])


@admin.register(User)
class UserAdmin(FastList, _UserAdmin):
    """People. Nobody is deleted here: erasure is the person's own act and takes their data along."""

    add_form = UserCreationForm
    ordering = ("-date_joined",)
    list_display = ["email", "name", "is_active", "is_staff", "date_joined", "last_login", "erase_after"]
    list_filter = [StateFilter, "is_staff", ("date_joined", PeriodFilter)]
    search_fields = ["^email", "^name", "=id"]
    search_help_text = _("An address or a name, or its beginning, or an id.")
    # Django's widget for two lists needs scripts that write styles
    filter_horizontal = ()
    readonly_fields = ["id", "date_joined", "last_login", "erase_after"]
    fieldsets = (
        (None, {"fields": ("id", "email", "password")}),
        (
            _("Preferences"),
            {"fields": ("name", "base_currency", "time_zone", "locale", "appearance", "gain_colours")},
        ),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Dates"), {"fields": ("date_joined", "last_login", "erase_after")}),
    )
    change_form_template = "admin/accounts/user/change_form.html"
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep the account of a superuser from everybody else."""
        may: bool = super().has_change_permission(request, obj)
        return may and (obj is None or not obj.is_superuser or _is_super(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let only superusers edit what an account may, and its way in: its editor must not become it."""
        return self.readonly_fields if _is_super(request) else [*self.readonly_fields, *POWERS]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the hash of a password, and the way to set another, to superusers only."""
        found = super().get_fieldsets(request, obj)
        if obj is None or _is_super(request):
            return found
        return [
            (name, {**rows, "fields": tuple(one for one in rows["fields"] if one != "password")})
            for name, rows in found
        ]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """Set somebody's password, which opens their account: for superusers."""
        if not _is_super(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which a member of staff begins to look at the person's pages."""
        view = self.admin_site.admin_view(self.look)
        return [path("<uuid:person_id>/look/", view, name="accounts_user_look"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Offer the page to who may look."""
        person: User | None = kwargs.get("obj")
        context["may_look"] = (
            person is not None and not person.is_staff and request.user.has_perm(support.POWER)
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def look(self, request: HttpRequest, person_id: UUID) -> HttpResponse:
        """Ask why and for how long, then show the person's pages read-only."""
        if not request.user.has_perm(support.POWER):
            raise PermissionDenied
        person = get_object_or_404(User, pk=person_id)
        form = LookForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._look(request, person, form):
            return redirect("dashboard")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Look at the pages of %(who)s") % {"who": person.email},
            "opts": self.opts,
            "person": person,
            "allowed": support.lets_support_look(person),
            "form": form,
        }
        return TemplateResponse(request, "admin/accounts/user/look.html", context)

    def _look(self, request: HttpRequest, person: User, form: LookForm) -> bool:
        def begin() -> None:
            access = services.start_access(
                actor=Actor.user(request.user), person_id=person.pk, **form.cleaned_data
            )
            request.session[support.SUPPORT_MARK] = str(access.pk)

        return attempted(form, begin)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and record which fields staff changed."""
        super().save_model(request, obj, form, change)
        audit.record(
            actor=Actor.user(request.user),
            verb="user.changed_by_staff" if change else "user.made_by_staff",
            object_type="user",
            object_id=obj.pk,
            after={"fields": sorted(form.changed_data)},
        )
