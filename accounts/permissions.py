"""Permissions of users."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q


def may(user: Any, kind: str, *permissions: str) -> bool:
    """Return whether the user may do any of that with records of a kind."""
    return any(user.has_perm(f"records.{permission}_{kind}") for permission in permissions)


class PermissionBackend(ModelBackend):
    """Django's backend, with one query for the permissions of a user and of its roles instead of
    two, since every page of the admin needs them."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        whole = user_obj.is_active and not user_obj.is_superuser and obj is None
        if not whole or user_obj.is_anonymous:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            held = Permission.objects.filter(Q(user=user_obj) | Q(group__user=user_obj))
            names = held.order_by().values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{label}.{codename}" for label, codename in names}
        return user_obj._perm_cache
