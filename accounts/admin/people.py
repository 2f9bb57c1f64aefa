"""People in the admin."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.forms import LookForm
from accounts.models import User
from accounts.selectors import support
from accounts.services.authority import GRANTING
from core.actor import Actor
from core.adminsite import FastList
from core.adminsite.actions import ReasonedAction, ReasonedActions
from core.adminsite.filters import PeriodFilter, QuestionFilter
from core.adminsite.forms import ServiceForm
from core.pages import attempted
from core.roles import StaffRole

if TYPE_CHECKING:  # Django's forms and admins are generic to mypy only
    _Form = forms.ModelForm[User]
    _ModelAdmin = admin.ModelAdmin[Model]
else:
    _Form, _ModelAdmin = forms.ModelForm, admin.ModelAdmin

PREFERENCES = ("name", "base_currency", "time_zone", "locale", "appearance", "gain_colours")
# what an account may, besides its roles
POWERS = ("is_superuser", "groups", "user_permissions")


class InvitationForm(ServiceForm, _Form):
    """Make an account by its address alone: its person sets the password by the link that is sent."""

    class Meta:
        model = User
        fields = ("email",)

    def apply(self) -> User:
        """Make the account, and send the link."""
        return services.invite_person(actor=self.actor, email=self.cleaned_data["email"])


class PersonForm(ServiceForm, _Form):
    """What staff may change of a person: preferences; superusers also what the account may."""

    class Meta:
        model = User
        fields = (*PREFERENCES, *POWERS)

    def apply(self) -> User:
        """Change the preferences by the service; the rest is the superuser's alone."""
        given, powers = self.cleaned_data, [name for name in self.changed_data if name in POWERS]
        changes = {name: given[name] for name in self.changed_data if name in PREFERENCES}
        user = services.change_profile(actor=self.actor, user_id=self.instance.pk, changes=changes)
        if powers:
            services.set_powers(
                actor=self.actor, user_id=user.pk, powers={name: given[name] for name in powers}
            )
        return User.objects.get(pk=user.pk)


def _is_super(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _role_actions() -> list[ReasonedAction]:
    """Offer to grant each role, and to take it away."""
    found = []
    for role in StaffRole:
        found += [
            ReasonedAction(
                f"grant_{role.name.lower()}",
                format_lazy(_("Grant the role {role}…"), role=role.value),
                _("They become members of staff with this role:"),
                GRANTING,
                partial(_with_role, services.grant_role, role),
            ),
            ReasonedAction(
                f"revoke_{role.name.lower()}",
                format_lazy(_("Revoke the role {role}…"), role=role.value),
                _("They lose this role at their next request:"),
                GRANTING,
                partial(_with_role, services.revoke_role, role),
                is_destructive=True,
            ),
        ]
    return found


def _fitting(person: User) -> set[str]:
    """Name the actions that would change something about a person, for their page."""
    groups = set(person.groups.values_list("name", flat=True))
    roles = {
        f"{'revoke' if role.group in groups else 'grant'}_{role.name.lower()}"
        for role in StaffRole
        if person.is_active or role.group in groups
    }
    if not person.is_active:
        return roles | {"reopen"}
    factors = {"remove_factors"} if Authenticator.objects.filter(user=person).exists() else set()
    return roles | factors | {"send_link", "sign_out", "close"}


def _with_role(service: Callable[..., None], role: StaffRole, actor: Actor, user: User, reason: str) -> None:
    service(actor=actor, user_id=user.pk, role=role, reason=reason)


def _done_by(service: Callable[..., Any], actor: Actor, user: User, reason: str) -> None:
    service(actor=actor, user_id=user.pk, reason=reason)


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
class UserAdmin(ReasonedActions, FastList, _ModelAdmin):
    """People. Nobody is deleted here: erasure is the person's own act and takes their data along."""

    form: Any = PersonForm
    ordering = ("-date_joined",)
    list_display = ["email", "name", "is_active", "is_staff", "date_joined", "last_login", "erase_after"]
    list_filter = [StateFilter, "is_staff", ("date_joined", PeriodFilter)]
    search_fields = ["^email", "^name", "=id"]
    search_help_text = _("An address or a name, or its beginning, or an id.")
    actions = None
    readonly_fields = ["id", "email", "is_active", "is_staff", "date_joined", "last_login", "erase_after"]
    fieldsets = (
        (None, {"fields": ("id", "email", "is_active")}),
        (_("Preferences"), {"fields": PREFERENCES}),
        (_("Permissions"), {"fields": ("is_staff", *POWERS)}),
        (_("Dates"), {"fields": ("date_joined", "last_login", "erase_after")}),
    )
    change_form_template = "admin/accounts/user/change_form.html"
    reasoned = (
        ReasonedAction(
            "send_link",
            _("Send the link for a new password…"),
            _("They get a mail with a link to set a new password:"),
            "accounts.send_reset_link",
            partial(_done_by, services.send_reset_link),
        ),
        ReasonedAction(
            "sign_out",
            _("Sign out everywhere…"),
            _("Every browser and program of theirs is signed out:"),
            "accounts.end_sign_ins",
            partial(_done_by, services.sign_out_everywhere),
        ),
        ReasonedAction(
            "remove_factors",
            _("Remove second factors…"),
            _("They sign in by their password alone until they set one up again. Make sure who is asking:"),
            "accounts.remove_factors",
            partial(_done_by, services.remove_factors),
            is_destructive=True,
        ),
        ReasonedAction(
            "close",
            _("Close the account…"),
            _("Their sessions and tokens end, and nobody signs in to these accounts:"),
            "accounts.close_user",
            partial(_done_by, services.close_account),
            is_destructive=True,
        ),
        ReasonedAction(
            "reopen",
            _("Open the account again…"),
            _("They may sign in again:"),
            "accounts.close_user",
            partial(_done_by, services.open_account),
        ),
        *_role_actions(),
    )

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep the accounts of staff to who grants roles, and of superusers to superusers."""
        may: bool = super().has_change_permission(request, obj)
        if obj is None or not may:
            return may
        if obj.is_superuser:
            return _is_super(request)
        return not obj.is_staff or request.user.has_perm(GRANTING)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let only superusers edit what an account may: its editor must not become more than they are."""
        if obj is None:
            return []
        return self.readonly_fields if _is_super(request) else [*self.readonly_fields, *POWERS]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the address alone where an account is made."""
        return super().get_fieldsets(request, obj) if obj else ((None, {"fields": ("email",)}),)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Make the form act for the member of staff."""
        values = kwargs if obj else {**kwargs, "form": InvitationForm}
        form = super().get_form(request, obj, change=change, **values)
        form.actor = Actor.user(request.user)  # type: ignore[attr-defined]  # declared by ServiceForm
        return form

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

    def offered_for(self, request: HttpRequest, row: Any) -> list[ReasonedAction]:
        """Offer what would change something, on accounts that the member of staff may change."""
        if not self.has_change_permission(request, row) or row.pk == request.user.pk:
            return []
        fitting = _fitting(row)
        return [one for one in super().offered_for(request, row) if one.name in fitting]

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
        """Do nothing more: the form's service saved the account."""
