"""Admin pages of accounts, lockouts and the audit log."""

from importlib import import_module
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor as factor
from accounts.keeping_admin import KeepingAdmin
from accounts.lookups import WholeLookups
from accounts.models import AuditEntry
from accounts.read_only import ReadOnlyAdmin
from accounts.signals import SecondFactor, second_factor, unlocked

User = get_user_model()

# The pages of django-otp would show secrets. Its modules are imported first: otherwise they would
# register their pages after this one, since this app comes first.
for app in ("otp_totp", "otp_static"):
    import_module(f"django_otp.plugins.{app}.admin")
admin.site.unregister([TOTPDevice, StaticDevice, User, Group])


@admin.register(User)
class AccountAdmin(WholeLookups, KeepingAdmin, UserAdmin):
    """Admin of accounts. An account is never deleted, since history names it: remove its staff or
    active status instead. Only superusers edit superusers, or grant permissions beside roles."""

    change_form_template = "admin/accounts/account.html"
    list_display = ["username", "first_name", "last_name", "roles", "is_active", "enrolled"]
    list_filter = ["is_active", "is_staff", "groups"]
    filter_horizontal = ["groups", "user_permissions"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        rows = super().get_queryset(request).prefetch_related("groups")
        return rows.annotate(has_authenticator=Exists(devices))

    @admin.display(description="Roles")
    def roles(self, user: Any) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    @admin.display(description="Second factor", boolean=True)
    def enrolled(self, user: Any) -> bool:
        return user.has_authenticator

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or request.user.is_superuser)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """Make user names read-only, since history refers to them."""
        fixed = ["username"] if obj else []
        kept = [] if request.user.is_superuser else ["is_superuser", "user_permissions"]
        return [*super().get_readonly_fields(request, obj), *fixed, *kept]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the account; a new one has access to the admin."""
        obj.is_staff = obj.is_staff or not change
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<id>/reset-second-factor/",
            self.admin_site.admin_view(self.reset_view),
            name="auth_user_reset_second_factor",
        )
        return [own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        user = kwargs.get("obj")
        if user is not None and settings.SECOND_FACTOR:
            context["may_reset"] = self.has_change_permission(request, user) and (
                factor.authenticator(user) is not None
            )
        return super().render_change_form(request, context, *args, **kwargs)

    def reset_view(self, request: HttpRequest, id: str) -> HttpResponse:
        """Reset the second factor of a user who lost it, after confirmation."""
        user = self.get_object(request, unquote(id))
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        methods = ["GET", "HEAD", "POST"]
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        page = reverse("admin:auth_user_change", args=[user.pk])
        if request.method == "POST":
            factor.reset(user)
            self.log_change(request, user, "Second factor reset.")
            second_factor.send(type(self), user=user, event=SecondFactor.RESET, detail="")
            self.message_user(
                request,
                f"{user} sets up a new second factor at the next sign-in.",
                messages.SUCCESS,
            )
            return redirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": "Reset second factor",
            "opts": self.opts,
            "account": user,
            "back": page,
        }
        return TemplateResponse(request, "admin/accounts/reset.html", context)


@admin.register(Group)
class RoleAdmin(WholeLookups, KeepingAdmin, GroupAdmin):
    """Admin of roles."""


@admin.register(AccessAttempt)
class AccessAttemptAdmin(WholeLookups, admin.ModelAdmin):
    """Admin of failed sign-ins that still count; unlocking deletes them."""

    list_display = ["username", "ip_address", "failures_since_start", "attempt_time", "standing"]
    list_display_links = None
    search_fields = ["username", "ip_address"]
    search_help_text = "A user name or an address."
    ordering = ["-attempt_time"]
    actions = ["unlock"]

    @admin.display(description="Now")
    def standing(self, attempt: AccessAttempt) -> str:
        left = settings.LOGIN_FAILURES - attempt.failures_since_start
        return f"{left} more may fail" if left > 0 else "locked out"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_unlock_permission(self, request: Any) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    @admin.action(permissions=["unlock"], description="Unlock: forgive these failed sign-ins")
    def unlock(self, request: HttpRequest, queryset: QuerySet) -> None:
        attempts = list(queryset)
        queryset.filter(pk__in=[attempt.pk for attempt in attempts]).delete()
        for attempt in attempts:
            unlocked.send(
                type(self), username=attempt.username or "", address=attempt.ip_address or ""
            )
        self.message_user(request, f"Forgiven: {len(attempts)}.", messages.SUCCESS)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "person", "act", "about", "address", "detail"]
    list_filter = ["act"]
    date_hierarchy = "at"
    ordering = ["-at", "-pk"]
    search_fields = ["person", "about", "detail", "address"]
    search_help_text = "A person, an account, a role, a record's id, a revision, an address."
    fields = ["at", "person", "act", "about", "detail", "address"]
