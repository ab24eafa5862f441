"""States of the admin's lists that curators named, to come back to them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from aidapi.fields import CodeField

LONGEST_NAME = 60
LONGEST_QUERY = 2_000
MOST_OF_A_LIST = 30
"""Views of one list that a person may save."""


class SavedView(models.Model):
    """A list of the admin with filters, search and order, under a name: what comes behind the
    question mark of its address, and nothing of its rows."""

    LISTED: ClassVar[int] = 100
    """Views that a page shows of all that are shared."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, help_text="Who saved it, and may change it."
    )
    kind = CodeField(max_length=20, help_text="The list that it is of, by its kind of row.")
    name = models.CharField(max_length=LONGEST_NAME, help_text="What it is called.")
    query = models.CharField(
        max_length=LONGEST_QUERY, blank=True, help_text="Query of the list's address."
    )
    is_shared = models.BooleanField(
        default=False, help_text="Whether all who may see the list are offered it."
    )
    at = models.DateTimeField(default=timezone.now, help_text="When it was saved, in UTC.")

    class Meta:
        # Who may see a list may name its states.
        default_permissions = ()
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "name"],
                name="savedview_once",
                violation_error_message="You have a view of this name already.",
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="savedview_has_name",
                violation_error_message="Give the view a name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
