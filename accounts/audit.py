"""Audit log: receives signals of sign-ins and of changes to accounts and roles, and is called for
publications. Actor and address are those of the current request."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_save, pre_save
from django.dispatch import receiver

from accounts.lockout import address
from accounts.models import AuditedAct, AuditEntry
from accounts.sessions import current_request
from accounts.signals import SecondFactor, second_factor, unlocked

User = get_user_model()
WATCHED = ("is_active", "is_staff", "is_superuser", "username")
OF_FACTOR = {
    SecondFactor.PROVED: AuditedAct.SIGNED_IN,
    SecondFactor.FAILED: AuditedAct.FACTOR_FAILED,
    SecondFactor.SET_UP: AuditedAct.FACTOR_SET_UP,
    SecondFactor.CODES_MADE: AuditedAct.FACTOR_CODES,
    SecondFactor.RESET: AuditedAct.FACTOR_RESET,
}


def note(
    act: AuditedAct, *, by: Any = None, request: Any = None, about: str = "", detail: str = ""
) -> None:
    """Write an entry; `by` is a user or a name, by default the user of the current request."""
    request = request or current_request.get()
    if by is None and request is not None:
        by = getattr(request, "user", None)
    AuditEntry.objects.create(
        act=act,
        person=by if isinstance(by, str) else by.get_username() if by else "",
        address=(address(request) or "") if request is not None else "",
        about=about[:200],
        detail=detail,
    )


# Sign-in


@receiver(user_logged_in)
def entered(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    act = AuditedAct.PASSWORD_GIVEN if settings.SECOND_FACTOR else AuditedAct.SIGNED_IN
    note(act, by=user, request=request)


@receiver(user_login_failed)
def failed(sender: Any, credentials: Any, request: Any = None, **kwargs: Any) -> None:
    """Log a failed sign-in. An unknown name is not stored, since it may be a password."""
    name = str(credentials.get("username") or "")
    known = User.objects.filter(username=name).exists()
    out = getattr(request, "axes_locked_out", False)
    note(
        AuditedAct.LOCKED_OUT if out else AuditedAct.SIGN_IN_FAILED,
        by=name if known else "",
        request=request,
        about=name if known else "no such account",
    )


@receiver(user_logged_out)
def left(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    if user is not None:
        note(AuditedAct.SIGNED_OUT, by=user, request=request)


@receiver(second_factor)
def factor(sender: Any, user: Any, event: SecondFactor, detail: str, **kwargs: Any) -> None:
    note(OF_FACTOR[event], about=user.get_username(), detail=detail)


@receiver(unlocked)
def forgiven(sender: Any, username: str, address: str, **kwargs: Any) -> None:
    note(AuditedAct.UNLOCKED, about=username, detail=f"from {address}" if address else "")


# Accounts and roles


@receiver(pre_save, sender=User)
def remember(sender: Any, instance: Any, update_fields: Any, **kwargs: Any) -> None:
    """Keep the state of the account for comparison. A password that Django rehashes at sign-in is
    saved alone, and has not changed."""
    written = set(update_fields or [*WATCHED, "password"])
    if not instance._state.adding and written & set(WATCHED):
        instance.was = User.objects.filter(pk=instance.pk).values(*WATCHED, "password").first()


@receiver(post_save, sender=User)
def compare(sender: Any, instance: Any, created: bool, **kwargs: Any) -> None:
    name = instance.get_username()
    was = instance.__dict__.pop("was", None)
    if created:
        marks = [mark for mark in WATCHED[:3] if getattr(instance, mark)]
        note(AuditedAct.ACCOUNT_ADDED, about=name, detail=", ".join(marks))
    elif was is not None:
        changed = [
            f"{field}: {was[field]} → {getattr(instance, field)}"
            for field in WATCHED
            if was[field] != getattr(instance, field)
        ]
        if changed:
            note(AuditedAct.ACCOUNT_CHANGED, about=name, detail="; ".join(changed))
        if was["password"] != instance.password:
            note(AuditedAct.PASSWORD_CHANGED, about=name)


SIGNS = {"post_add": "+", "post_remove": "−", "pre_clear": "−"}


def permitted(
    sender: Any, instance: Any, action: str, reverse: bool, model: Any, pk_set: Any, **kwargs: Any
) -> None:
    """Log roles and permissions that are granted or revoked."""
    if action not in SIGNS or (pk_set is not None and not pk_set):
        return
    if pk_set is None:
        # All are revoked. Nothing does so from the side of the role or the permission.
        others: Iterable[Any] = model.objects.filter(pk__in=held(sender, instance))
    else:
        others = model.objects.filter(pk__in=pk_set)
    sign = SIGNS[action]
    if reverse:
        for other in others:
            note(AuditedAct.ROLES_CHANGED, about=str(other), detail=f"{sign}{instance}")
    else:
        names = ", ".join(sorted(f"{sign}{other}" for other in others))
        if names:
            note(AuditedAct.ROLES_CHANGED, about=str(instance), detail=names)


def held(through: Any, instance: Any) -> Any:
    """Return the keys of everything that the user or role has through the table."""
    own, other = (field for field in through._meta.fields if field.is_relation)
    return through.objects.filter(**{own.name: instance}).values(other.attname)


for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
    m2m_changed.connect(permitted, sender=through)
