"""Apps of others, with what is ours about them."""

import axes.apps
from django.contrib.admin import apps as admin


class AdminConfig(admin.AdminConfig):
    """Django's admin, behind our door."""

    default = False
    default_site = "aidapi.door.site.CurationSite"


class LockoutConfig(axes.apps.AppConfig):
    verbose_name = "Sign-in"
