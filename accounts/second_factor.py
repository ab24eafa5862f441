"""Second factor: the code of an authenticator, which changes every 30 seconds, or one of ten
single-use recovery codes. django-otp stores, verifies and throttles them."""

import re
from base64 import b32encode
from binascii import unhexlify
from io import BytesIO
from typing import Any

import segno
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Letters and digits without those that look alike."""
WRONG = "This code is not right. Codes change every half minute, and each is good once."


def authenticator(user: Any) -> TOTPDevice | None:
    """Return the user's authenticator, if one is set up."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def recovery_codes_left(user: Any) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def secret_text(key: str) -> str:
    """Return the secret as authenticators accept it, in groups of four."""
    return " ".join(re.findall("....", b32encode(unhexlify(key)).decode()))


def qr_code(user: Any, key: str) -> bytes:
    """Return the secret as a QR code, black on white in any theme."""
    image = BytesIO()
    code = segno.make(TOTPDevice(user=user, key=key).config_url, error="m")
    code.save(image, kind="svg", scale=5, border=4, light="#fff", svgclass=None, lineclass=None)
    return image.getvalue()


def set_up(user: Any, key: str, code: str, *, replace: bool) -> tuple[TOTPDevice, list[str]]:
    """Make the key the user's second factor once a code proves that the authenticator has it, and
    return the device with new recovery codes."""
    with transaction.atomic():
        # Serialized: of two sessions that know only the password, one sets up.
        get_user_model().objects.select_for_update().get(pk=user.pk)
        if authenticator(user) and not replace:
            raise ValidationError("A second factor is set up already: sign in with it.")
        device = TOTPDevice(user=user, name="authenticator", key=key)
        if not re.fullmatch(r"[0-9]{6}", bare(code)) or not _verifies(device, bare(code)):
            raise ValidationError(WRONG)
        TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
        return device, make_recovery_codes(user)


def _verifies(device: TOTPDevice, code: str) -> bool:
    """Return whether the code is right; if so, save it as used."""
    with transaction.atomic():
        right = device.verify_token(code)
        if not right:
            transaction.set_rollback(True)
    return right


def make_recovery_codes(user: Any) -> list[str]:
    """Replace the recovery codes and return the new ones; only their hashes are stored."""
    codes = [get_random_string(10, ALPHABET) for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery codes")
        StaticToken.objects.bulk_create(
            StaticToken(device=device, token=kept(code)) for code in codes
        )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def kept(code: str) -> str:
    """Return the stored hash of a recovery code, limited to the 16 characters of its column."""
    return salted_hmac("aidapi.door.recovery", code, algorithm="sha256").hexdigest()[:16]


def bare(code: str) -> str:
    """Return a code as typed, without spaces and hyphens."""
    return re.sub(r"[\s-]", "", code).lower()


def prove(user: Any, code: str) -> TOTPDevice | StaticDevice:
    """Return the device of the code, which is then used; raise what to do if it is wrong."""
    typed = bare(code)
    device: TOTPDevice | StaticDevice | None
    if re.fullmatch(r"[0-9]{6}", typed):
        device = authenticator(user)
    else:
        device, typed = StaticDevice.objects.filter(user=user).first(), kept(typed)
    if device is None:
        raise ValidationError(WRONG)
    allowed, why = device.verify_is_allowed()
    if not allowed:
        seconds = int((why["locked_until"] - timezone.now()).total_seconds()) + 1
        raise ValidationError(
            f"After {why['failure_count']} wrong codes the next may be tried in {seconds} "
            f"second{'s' if seconds > 1 else ''}."
        )
    if not verify_token(user, device.persistent_id, typed):
        raise ValidationError(WRONG)
    return device


def reset(user: Any) -> None:
    """Delete authenticator and recovery codes: the next sign-in sets up new ones."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
