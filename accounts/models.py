"""Audit log of sign-ins, permissions and publications, whose entries are never changed; forms that
are kept for their owner."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from aidapi.fields import CodeField


class AuditedAct(models.TextChoices):
    SIGNED_IN = "signed_in", "signed in"
    PASSWORD_GIVEN = "password_given", "gave the password; second factor requested"
    SIGN_IN_FAILED = "sign_in_failed", "failed to sign in"
    LOCKED_OUT = "locked_out", "was locked out"
    UNLOCKED = "unlocked", "was unlocked"
    SIGNED_OUT = "signed_out", "signed out"
    FACTOR_FAILED = "factor_failed", "gave a wrong code"
    FACTOR_SET_UP = "factor_set_up", "second factor set up"
    FACTOR_CODES = "factor_codes", "recovery codes made"
    FACTOR_RESET = "factor_reset", "second factor reset"
    PASSWORD_CHANGED = "password_changed", "password changed"
    ACCOUNT_ADDED = "account_added", "account added"
    ACCOUNT_CHANGED = "account_changed", "account changed"
    ROLES_CHANGED = "roles_changed", "roles or permissions changed"
    PUBLISHED = "published", "published a revision"


class AuditEntry(models.Model):
    """Entry of the audit log. Users are stored by name, so that an entry does not depend on other
    rows; names are never reused."""

    at = models.DateTimeField(default=timezone.now, help_text="When, in UTC.")
    act = models.CharField(max_length=16, choices=AuditedAct, help_text="What happened.")
    person = CodeField(
        max_length=150,
        blank=True,
        help_text="Who did it; empty for commands of the operator, and where a name was tried "
        "that is nobody's.",
    )
    address = CodeField(
        max_length=45,
        blank=True,
        help_text="From where, as the limits see it; empty for commands.",
    )
    about = CodeField(
        max_length=200,
        blank=True,
        help_text="The account, role or revision that it was done to.",
    )
    detail = models.TextField(blank=True, help_text="What exactly.")

    class Meta:
        # Table and URLs keep the name of the app in which the model began.
        app_label = "records"
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        default_permissions = ["view"]
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["person", "-at"], name="audit_person"),
            models.Index(fields=["about", "-at"], name="audit_about"),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.person, self.get_act_display(), self.about]))


class KeptForm(models.Model):
    """Form that is being typed, or was sent after the session had ended (accounts.kept_forms); or
    the sign that it was saved as a new row (accounts.saved_once)."""

    key = CodeField(max_length=32, unique=True, help_text="Random key of its address.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, help_text="Who entered it, and alone sees it."
    )
    at = models.DateTimeField(default=timezone.now, db_index=True, help_text="When, in UTC.")
    page = CodeField(
        max_length=32,
        blank=True,
        default="",
        help_text="Random key of the open page that it is on; empty in earlier releases.",
    )
    path = models.TextField(help_text="The page that it was sent to.")
    is_sent = models.BooleanField(
        default=True,
        help_text="Whether it was sent after the session had ended, and not only typed.",
    )
    data = models.TextField(help_text="Name → values, in JSON; without passwords.")
    files = models.JSONField(default=list, help_text="Names of its files, which are not kept.")
    made = CodeField(
        max_length=64,
        blank=True,
        default="",
        help_text="Key of the row that was made of it; then its values are gone. Empty before.",
    )
    digest = CodeField(
        max_length=64,
        blank=True,
        default="",
        help_text="Keyed digest of the values that the row was made of; empty before.",
    )

    is_shown = False
    """Whether the view of this request shows it."""

    class Meta:
        # Like the audit log, so that all tables of this site have one app.
        app_label = "records"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page"], condition=~Q(page=""), name="keptform_once"
            )
        ]

    def __str__(self) -> str:
        return f"form of {self.path}"

    @property
    def content(self) -> QueryDict:
        """What was sent, as a view gets it."""
        found: Any = QueryDict(mutable=True)
        for name, values in json.loads(self.data).items():
            found.setlist(name, values)
        found._mutable = False
        return found
