"""Signals of the second factor and of lockouts, beside Django's own of signing in and out."""

from enum import StrEnum

from django.dispatch import Signal


class SecondFactor(StrEnum):
    """Event of a second factor."""

    PROVED = "proved"
    """A code of the authenticator, or a recovery code, was right."""
    FAILED = "failed"
    SET_UP = "set_up"
    CODES_MADE = "codes_made"
    RESET = "reset"


second_factor = Signal()
"""Sent with `user`, `event` (a SecondFactor) and `detail`, a short text."""
unlocked = Signal()
"""Sent with `username` and `address`, whose failed sign-ins an administrator deleted."""
