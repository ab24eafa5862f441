"""Django finds the accounts' pages through this import, before those of the apps they replace."""

# These register what `accounts` replaces or takes away; imported later, they would do so again.
from django.contrib.auth import admin as auth_admin
from django_otp.plugins.otp_static import admin as static_admin
from django_otp.plugins.otp_totp import admin as totp_admin

from aidapi.door import accounts

__all__ = ["accounts", "auth_admin", "static_admin", "totp_admin"]
