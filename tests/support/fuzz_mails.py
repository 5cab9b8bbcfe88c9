"""Reads random and mutated mails in a process that may use 256 MB of memory, up to what to do with them.

Run: .venv/bin/python -m tests.support.fuzz_mails RANDOM MUTATED SEED. It fails at the first mail that is not
handled, and prints the number of mails and of those that are no mail.
"""

from __future__ import annotations

import random
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress

from heed.domain.errors import MalformedMessage
from heed.domain.mailbox.mail_words import MailWords
from heed.domain.recipients.address import normalise_address
from heed.entrypoints.inbound_mail.mime import MAX_MAIL_TEXT, parse_mail
from tests.support.inbound_mails import MAILS, decide_about_mail, huge_mail, receipt, token_address
from tests.support.mail_words import brand_mail_words

MEMORY = 256 * 2**20  # bytes of address space, which is more than the memory in use
NAMES = [
    *("From", "Subject", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "References"),
    *("Auto-Submitted", "X-Apple-Unsubscribe", "List-Unsubscribe", "Precedence", "Final-Recipient", "Status"),
    *("Action", "Feedback-Type", "Return-Path", "", "X Y"),
]
PIECES = [
    *(
        "Content-Type: multipart/mixed; boundary=b",
        "From: ",
        "Subject: ",
        "base64",
        "quoted-printable",
        "8bit",
        "attachment; filename*0*=utf-8''%",
    ),
    *(
        "=?utf-8?b?",
        "=?koi8-r?q?=C1",
        "?=",
        "=?",
        "utf-7",
        "punycode",
        "utf-16",
        "iso-2022-jp",
        "<",
        ">",
        "&#",
    ),
    *(
        "9" * 5_000,
        "<style>",
        "<blockquote>",
        "<!--",
        "--b",
        "--b--",
        "--c",
        '"',
        "(",
        ")",
        ",",
        ";",
        "\\",
        "@",
    ),
    *(
        "a@example.com",
        "failed",
        "5.1.1",
        "abuse",
        "auto-replied",
        "true",
        "unsubscribe",
        "\x00",
        "\r",
        "\ud800",
    ),
    *(" ", "\t", "\n", "\r\n", "\n\n", "\r\n\r\n", "\n ", "é", "配信", "\U0001f600", "w6Q=", "=E9", "=\n"),
]


TYPES = [
    *(
        "text/plain",
        "text/html",
        "multipart/mixed",
        "multipart/alternative",
        "multipart/report",
        "message/rfc822",
    ),
    *("message/delivery-status", "message/feedback-report", "application/pdf", ""),
]
CHARSETS = [
    *("utf-8", "koi8-r", "iso-2022-jp", "utf-16", "utf-7", "idna", "punycode", "unicode_escape", "undefined"),
    *("a\x00b", "x", ""),
]


def random_mail(chance: random.Random) -> bytes:
    """Returns random bytes, the pieces of a mail in random order, or parts of random fields and bodies."""
    kind = chance.random()
    if kind < 0.1:
        return chance.randbytes(chance.randrange(2_000))
    lines = [_pieces(chance) for _ in range(chance.randrange(60))] if kind < 0.4 else _part(chance, 0)
    text = chance.choice(["\n", "\r\n"]).join(lines)
    return text.encode(chance.choice(["utf-8", "utf-8", "latin-1", "utf-16"]), "replace")


def _part(chance: random.Random, depth: int) -> list[str]:
    lines = [_field(chance) for _ in range(chance.randrange(1, 8))] + [""]
    for _ in range(chance.randrange(4)):
        lines += ["--b", *_part(chance, depth + 1)] if depth < 3 else [_pieces(chance)]
    return [*lines, *(_pieces(chance) for _ in range(chance.randrange(4)))]


def _field(chance: random.Random) -> str:
    kind, charset, pieces = chance.choice(TYPES), chance.choice(CHARSETS), _pieces(chance)
    return chance.choice(
        [
            f"Content-Type: {kind}; boundary=b; charset={charset}; {pieces}",
            f"Content-Type: {kind}; boundary*={charset}''b; charset*={charset}''{pieces}",
            f"Content-Disposition: attachment; filename*={charset}''{pieces}",
            f"Content-Disposition: inline; filename*0*={charset}''{pieces}; filename*1={pieces}",
            f"Subject: =?{charset}?{chance.choice('bqx')}?{pieces}?= =?{charset}?b?{pieces}?=",
            f"{chance.choice(NAMES)}: {pieces}",
        ]
    )


def _pieces(chance: random.Random) -> str:
    return "".join(chance.choices(PIECES, k=chance.randrange(6)))


def mutate(raw: bytes, chance: random.Random) -> bytes:
    """Returns a mail with some bytes changed, removed, repeated or replaced by pieces."""
    changed = bytearray(raw)
    for _ in range(chance.randrange(1, 30)):
        start = chance.randrange(len(changed) + 1)
        end = start + chance.randrange(1, 40)
        match chance.randrange(5):
            case 0:
                changed[start:end] = chance.randbytes(chance.randrange(10))
            case 1:
                changed[start:end] = changed[start:end] * chance.randrange(20)
            case 2:
                changed[start:start] = chance.choice(PIECES).encode(errors="replace")
            case 3:
                changed[start:start] = changed[chance.randrange(len(changed) + 1) :][:500]
            case _:
                del changed[start:end]
    return bytes(changed)


def mails(numbers: tuple[int, int], seed: int) -> Iterator[bytes]:
    """Yields the random mails, then the mutated ones."""
    chance = random.Random(seed)  # noqa: S311 - it chooses mails
    samples = [huge_mail(), *(file.read_bytes() for file in sorted(MAILS.rglob("*.eml")))]
    yield from (random_mail(chance) for _ in range(numbers[0]))
    yield from (mutate(chance.choice(samples), chance) for _ in range(numbers[1]))


def check(raw: bytes, words: MailWords) -> None:
    """Reads a mail, checks that what it became can be stored, and decides what to do with it."""
    mail = parse_mail(raw)
    assert len(mail.text) <= MAX_MAIL_TEXT
    for text in (mail.text, mail.subject, *(file.name for file in mail.attachments)):
        text.encode()
    for sender in mail.senders:
        assert sender is None or normalise_address(sender) == sender
    for recipient in ("news@mail.example.com", token_address()):
        assert decide_about_mail(raw, receipt(recipient), words)


def main() -> None:
    """Parses as many mails as the arguments say."""
    words = brand_mail_words()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    random_ones, mutated, seed = map(int, sys.argv[1:])
    handled = 0
    for raw in mails((random_ones, mutated), seed):
        handled += 1
        with suppress(MalformedMessage):
            check(raw, words)
    sys.stdout.write(f"{handled}\n")


if __name__ == "__main__":
    main()
