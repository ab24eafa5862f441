"""The app of accounts, and apps of others as this site configures them."""

import axes.apps
from django.apps import AppConfig
from django.contrib.admin import apps as admin


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        # Its listeners register themselves.
        from accounts import audit  # noqa: F401


class AdminConfig(admin.AdminConfig):
    """Django's admin, behind our sign-in."""

    default = False
    default_site = "accounts.site.CurationSite"


class LockoutConfig(axes.apps.AppConfig):
    verbose_name = "Sign-in"
