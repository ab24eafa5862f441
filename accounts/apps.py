"""App of accounts, and third-party apps as configured here."""

import axes.apps
from django.apps import AppConfig
from django.contrib.admin import apps as admin


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        # Importing it registers its signal receivers.
        from accounts import audit  # noqa: F401


class AdminConfig(admin.AdminConfig):
    """Django's admin with the sign-in of this site."""

    default = False
    default_site = "accounts.site.CurationSite"


class LockoutConfig(axes.apps.AppConfig):
    verbose_name = "Sign-in"
