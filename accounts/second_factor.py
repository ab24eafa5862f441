"""The second factor: an authenticator's code, which changes every half minute, or one of ten
recovery codes, each good once. django-otp keeps, verifies and slows down."""

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
"""Without what is mistaken for one another."""
WRONG = "This code is not right. Codes change every half minute, and each is good once."


def authenticator(user: Any) -> TOTPDevice | None:
    """The person's authenticator, if one is set up."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def recovery_codes_left(user: Any) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def secret_text(key: str) -> str:
    """The secret as authenticators take it, in fours."""
    return " ".join(re.findall("....", b32encode(unhexlify(key)).decode()))


def qr_code(user: Any, key: str) -> bytes:
    """The secret as an image for the authenticator's camera, black on white in any theme."""
    image = BytesIO()
    code = segno.make(TOTPDevice(user=user, key=key).config_url, error="m")
    code.save(image, kind="svg", scale=5, border=4, light="#fff", svgclass=None, lineclass=None)
    return image.getvalue()


def set_up(user: Any, key: str, code: str, *, replace: bool) -> tuple[TOTPDevice, list[str]]:
    """Make the key this person's second factor once a code proves that their authenticator has
    it; returns it with their new recovery codes."""
    with transaction.atomic():
        # In line: of two sessions that know only the password, one sets up.
        get_user_model().objects.select_for_update().get(pk=user.pk)
        if authenticator(user) and not replace:
            raise ValidationError("A second factor is set up already: sign in with it.")
        device = TOTPDevice(user=user, name="authenticator", key=key)
        if not re.fullmatch(r"[0-9]{6}", bare(code)) or not _verifies(device, bare(code)):
            raise ValidationError(WRONG)
        TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
        return device, make_recovery_codes(user)


def _verifies(device: TOTPDevice, code: str) -> bool:
    """Whether the code is right; then the device is saved, and with it that the code is used."""
    with transaction.atomic():
        right = device.verify_token(code)
        if not right:
            transaction.set_rollback(True)
    return right


def make_recovery_codes(user: Any) -> list[str]:
    """Ten new ones in place of those before. They are told once: kept is what they hash to."""
    codes = [get_random_string(10, ALPHABET) for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery codes")
        StaticToken.objects.bulk_create(
            StaticToken(device=device, token=kept(code)) for code in codes
        )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def kept(code: str) -> str:
    """What is kept of a recovery code, in the sixteen letters that there is room for."""
    return salted_hmac("aidapi.door.recovery", code, algorithm="sha256").hexdigest()[:16]


def bare(code: str) -> str:
    """A code as typed, without what people put into it."""
    return re.sub(r"[\s-]", "", code).lower()


def prove(user: Any, code: str) -> TOTPDevice | StaticDevice:
    """The device that the code is of, and which now has used it; refused with what to do."""
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
    """Forget the authenticator and the recovery codes: the next sign-in sets up new ones."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
