"""Sample views of the pages, one for each state of a page, and the answers that the build renders."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from brand_compiler.sample_links import make_link_samples
from brand_compiler.sample_opt_in import make_opt_in_samples
from brand_compiler.sample_parts import BRAND, CENTRE, JUNE, Samples, make_sample_parts
from brand_compiler.sample_preferences import make_preference_samples
from heed.domain.opt_in.confirmation_token import Intent
from heed.entrypoints.http.pages.mail_views import (
    AnswerMailView,
    ConfirmationMailView,
    ForwardedMailView,
    MailView,
)

if TYPE_CHECKING:
    from heed.entrypoints.http.pages.pages import Pages


def sample_views(language: str, topics: list[dict[str, Any]]) -> Samples:
    """Returns the name of the page and the view of each sample, by the name of the sample."""
    parts = make_sample_parts(language, topics)
    return make_link_samples(parts) | make_preference_samples(parts) | make_opt_in_samples(parts)


def sample_confirmations(language: str) -> Iterator[ConfirmationMailView]:
    """Yields the view of each state of the confirmation mail."""
    states = product(Intent, ((), (BRAND,)), ((), (BRAND,)), (False, True))
    for intent, topics, signals, resume in states:
        yield ConfirmationMailView(
            language=language,
            brand=BRAND,
            intent=intent,
            topics=topics,
            signals=signals,
            resume=resume,
            confirm_url="https://example.com/c/AQEAAAAA",
            unsubscribe_url="https://example.com/u/AQEAAAAA",
        )


def sample_mails(language: str) -> Iterator[tuple[str, MailView]]:
    """Yields each part of each mail, with a view of each of its states."""
    brand: dict[str, str] = {"language": language, "brand": BRAND}
    for confirmation in sample_confirmations(language):
        for part in ("mail-subject.txt", "mail.txt", "mail.html"):
            yield part, confirmation
    for opted_out, topics in ((False, ()), (True, ()), (True, (BRAND,))):
        for due_at in (None, JUNE):
            answer = AnswerMailView(**brand, opted_out=opted_out, topics=topics, due_at=due_at)
            for part in ("mail-answer-subject.txt", "mail-answer.txt"):
                yield part, answer
    for case_id in ("", "0" * 32):
        for part in ("mail-forwarded-subject.txt", "mail-forwarded.txt"):
            yield part, ForwardedMailView(**brand, case_id=case_id)


def answers(pages: Pages, language: str) -> dict[str, str]:
    """Returns each answer that the build renders, by the name of its sample."""
    fields = [("scope", "this")]
    return {
        "neutral": pages.neutral(language),
        "accepted": pages.accepted(language, "reader@example.com", fields, ""),
        "accepted-origin": pages.accepted(language, "reader@example.com", fields, CENTRE + language),
        "not_found": pages.not_found(language, has_form=True),
        "not_found-contact": pages.not_found(language, has_form=False),
        "unavailable": pages.unavailable(language, fields, kept=True),
        "unavailable-form": pages.unavailable(language),
        "unavailable-kept": pages.unavailable(language, kept=True),
        "unavailable-retry": pages.unavailable(language, fields),
        "unavailable-page": pages.page_unavailable(language),
        "unavailable-full": pages.queue_full(language),
    }
