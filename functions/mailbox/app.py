"""Handles inbound mail: opt-outs, reports of children, and requests that become cases."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from collections import Counter
from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.entrypoints import queue
from heed.entrypoints.inbound_mail.notices import parse_mail_notices
from heed.entrypoints.observability import count_metric, logger, observed
from heed.use_cases.mailbox.act_on_mail import MailEffect

heed = Heed.from_environment()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Handles a batch of SQS messages; each message that fails goes back to the queue alone."""
    counts: Counter[str] = Counter()
    try:
        return queue.handle_each(
            event, context, lambda body: _handle_notices(body, counts), lambda: heed.mailbox_dead_letters
        )
    finally:
        for name, value in counts.items():
            count_metric(name, value)
        missing, refused = counts[MailEffect.MISSING], counts[MailEffect.CASE_REFUSED]
        if missing or refused:
            # An alarm fires on this message (template.yaml, MailLostFilter).
            logger.warning("mail is lost", missing=missing, refused=refused)


def _handle_notices(body: str, counts: Counter[str]) -> None:
    now = clock.now()
    for notice in parse_mail_notices(body, now):
        mail = notice.mail if isinstance(notice.mail, bytes) else notice.mail.key
        counts.update(effect.value for effect in heed.handle_mail(mail, notice.header, notice.receipt, now))


heed.warm_up(lambda: heed.handle_mail)
