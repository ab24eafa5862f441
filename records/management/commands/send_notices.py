"""Mail people what waits for their review, and what was returned to them."""

from collections import Counter
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from records.curation.notices import mail


class Command(BaseCommand):
    help = (
        "Mails each person with an address what waits for their review and what was returned to "
        "them: one mail, only if there is something new since the last one, and at most one in "
        "NOTICE_HOURS. For cron. Needs EMAIL_URL."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMAIL_URL:
            raise CommandError("No mail is sent: set EMAIL_URL, MAIL_FROM and PUBLIC_URL.")
        results: Counter[str] = Counter()
        failed = []
        for user in mail.recipients():
            try:
                results[mail.notify(user)] += 1
            except (SMTPException, OSError, ValueError) as error:
                failed.append(user.get_username())
                self.stderr.write(f"{user}: not sent ({type(error).__name__}: {error})")
        counts = ", ".join(f"{results[result]} {result}" for result in mail.Result)
        self.stdout.write(f"Notices: {counts}.")
        if failed:
            raise CommandError(f"Not sent to {', '.join(failed)}; the next run tries again.")
