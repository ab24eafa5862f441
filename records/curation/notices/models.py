"""What each person was last notified of."""

from django.conf import settings
from django.db import models


class SentNotice(models.Model):
    """The last notice of a person."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, help_text="Who got it."
    )
    at = models.DateTimeField(null=True, help_text="When, in UTC; empty before the first.")
    items = models.JSONField(
        default=list, help_text="Keys of what it listed, as far as it still waits."
    )

    class Meta:
        app_label = "records"
        default_permissions = ()

    def __str__(self) -> str:
        return f"notice to {self.user}"
