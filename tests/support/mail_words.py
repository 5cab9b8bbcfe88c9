"""The words by which mails are read, as the brand of this repository has them."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heed.domain.mailbox.intent import MailIntent, read_intent
from heed.domain.mailbox.mail_words import MailWords
from heed.domain.mailbox.new_text import new_text
from tests.support.sample_brand import brand

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "data" / "mails"
SENDER = "reader@example.org"


@functools.cache
def brand_mail_words() -> MailWords:
    return MailWords.from_document(json.loads((brand() / "mail_words.json").read_bytes()))


def read_mail(subject: str, text: str) -> MailIntent:
    """Returns the intent of a mail as it arrives, with what it quotes."""
    words = brand_mail_words()
    return read_intent(subject, new_text(text, words), SENDER, words)


@dataclass(frozen=True, slots=True)
class LabelledMail:
    """A mail of the corpus, and what a person says that it wants."""

    id: str
    language: str
    subject: str
    text: str
    intent: str
    doubtful: bool
    topic: str = ""
    also: str = ""

    @property
    def is_opt_out(self) -> bool:
        """Whether the mail is certainly an opt-out, alone or beside another intent."""
        return "opt-out" in {self.intent, self.also} and not self.doubtful


def labelled_mails(part: str) -> list[LabelledMail]:
    """Returns the mails of a part of the corpus, `dev` or `held-out`."""
    lines = (CORPUS / f"corpus-{part}.jsonl").read_text(encoding="utf-8").splitlines()
    fields = LabelledMail.__dataclass_fields__
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [LabelledMail(**{name: value for name, value in row.items() if name in fields}) for row in rows]
