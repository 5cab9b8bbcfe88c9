"""How well Heed reads what people want from their mails, on the corpus of this project (`tests/data/mails`).

It is an own corpus and not real mail. The rules were tuned on `dev`; `held-out` measures them. Arguments name
the parts to measure; without any it measures both.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence

from heed.domain.mailbox.intent import IntentKind, MailIntent
from tests.support.mail_words import LabelledMail, brand_mail_words, labelled_mails, read_mail

_Z = 1.96  # 95 %


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Returns the 95 % interval of a proportion (Wilson's score interval)."""
    if not count:
        return 0.0, 1.0
    share, square = hits / count, _Z * _Z
    middle = share + square / (2 * count)
    width = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return (middle - width) / (1 + square / count), (middle + width) / (1 + square / count)


def _has_opt_out(intent: MailIntent) -> bool:
    return IntentKind.OPT_OUT in {intent.kind, *intent.others}


def _is_automatic(intent: MailIntent) -> bool:
    return _has_opt_out(intent) and not intent.doubtful


def _line(name: str, hits: int, count: int) -> str:
    low, high = wilson_interval(hits, count)
    share = hits / count if count else 1.0
    return f"  {name:<66}{hits:>5} of {count:<5}{share:7.1%}   {low:.1%} to {high:.1%}"


def _measure(mails: Sequence[LabelledMail]) -> list[str]:
    read = [(mail, read_mail(mail.subject, mail.text)) for mail in mails]
    certain = [(mail, intent) for mail, intent in read if _is_automatic(intent)]
    opt_outs = [(mail, intent) for mail, intent in read if mail.is_opt_out]
    right = sum(mail.is_opt_out for mail, _ in certain)
    wanted = sum("opt-out" in {mail.intent, mail.also} for mail, _ in certain)
    found = sum(_has_opt_out(intent) for _, intent in opt_outs)
    cases = [mail for mail, intent in read if _has_opt_out(intent) and not _is_automatic(intent)]
    same = sum(
        intent.kind == mail.intent or (mail.intent == "auto-reply" and intent.kind == "other")
        for mail, intent in read
    )
    return [
        _line("precision: of the automatic opt-outs, opt-outs by the label", right, len(certain)),
        _line("the same with opt-outs that are doubtful by the label", wanted, len(certain)),
        _line("recall: of the opt-outs, read as automatic ones", right, len(opt_outs)),
        _line("of the opt-outs, automatic or a case for a person", found, len(opt_outs)),
        _line(
            "of the cases of opt-outs, opt-outs by the label, doubtful or not",
            sum("opt-out" in {mail.intent, mail.also} for mail in cases),
            len(cases),
        ),
        _line("of all mails, the kind is that of the label", same, len(read)),
    ]


def main(parts: Sequence[str]) -> None:
    print("What people want, read from the mails of our own corpus (95 % Wilson intervals)")
    brand_mail_words()
    for part in parts:
        mails = labelled_mails(part)
        start = time.process_time()
        lines = _measure(mails)
        milliseconds = (time.process_time() - start) * 1000 / len(mails)
        print(f"\n{part}: {len(mails)} mails, {milliseconds:.1f} ms of CPU for each on average")
        print("\n".join(lines))
        for language in sorted({mail.language for mail in mails}):
            chosen = [mail for mail in mails if mail.language == language]
            print(f"  {language}")
            print("\n".join(f"  {line}" for line in _measure(chosen)[:4]))


if __name__ == "__main__":
    main(sys.argv[1:] or ("dev", "held-out"))
