"""CPU time that a mail takes: from its bytes to what to do with it, without I/O.

Run: .venv/bin/python tests/bench/bench_mailbox.py. It is CPU time of this process, the best of several
rounds, because other load only adds time.
"""

from __future__ import annotations

import statistics
import time

from heed.domain.mailbox.inbound_mail import MAX_MAIL
from tests.support.attack_texts import MAILS as ATTACKS
from tests.support.inbound_mails import MAILS, decide_about_mail, huge_mail, read_mail, receipt
from tests.support.mail_words import brand_mail_words

ROUNDS = 7
WORDS = brand_mail_words()


def _milliseconds(raw: bytes) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        decide_about_mail(raw, receipt("news@mail.example.com"), WORDS)
        taken.append(time.process_time() - began)
    return min(taken) * 1e3


def main() -> None:
    """Prints the median of the samples, and what the most expensive mails take."""
    samples = [_milliseconds(read_mail(file.stem)) for file in (MAILS / "inbound").glob("*.eml")]
    full = {name: make(MAX_MAIL - 100).encode("latin-1") for name, make in ATTACKS.items()}
    hostile = {name: _milliseconds(b"X: y\n" + raw) for name, raw in full.items()}
    worst = max(hostile, key=hostile.__getitem__)
    print(f"{'a sample, the median of ' + str(len(samples)):46}{statistics.median(samples):8.2f} ms")
    print(f"{'a sample, the slowest':46}{max(samples):8.2f} ms")
    print(f"{'a mail with an attachment of 400 kB':46}{_milliseconds(huge_mail()):8.2f} ms")
    print(f"{'a hostile mail of 1 MiB, the slowest: ' + worst:46}{hostile[worst]:8.2f} ms")


if __name__ == "__main__":
    main()
