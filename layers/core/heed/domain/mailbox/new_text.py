"""Takes from the text of a mail what its sender composed.

It leaves out quoted replies, the lines that introduce them, forwarded mails, signatures, notices of
confidentiality, and the footer of a marketing mail. Its time grows linearly with the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from heed.domain.mailbox.mail_words import LineKind, MailWords
from heed.domain.mailbox.phrases import fold, list_tokens

MAX_TEXT = 65_536
"""The characters of a text that are read."""

_MAX_LINE = 300  # a line that introduces a quotation, or that a mail program adds, is shorter
_NEAR = 4  # lines among which the headers of a quoted mail are
_QUOTED = re.compile(r"\s*[>\uff1e]")
_HEADER = re.compile(r"[\s*]*([^\W\d_][^\W\d_ -]{0,14}(?:[ -][^\W\d_]{1,14})?)[\s*]*[:\uff1a]")
_SIGNATURE = re.compile(r"(?:--|—|__)\s*")
_DIGIT = re.compile(r"\d")


def new_text(text: str, words: MailWords) -> str:
    """Returns the lines of a text that the sender composed."""
    lines = text[:MAX_TEXT].splitlines()
    kept: list[str] = []
    is_notice = False
    at = 0
    while at < len(lines):
        line = lines[at]
        is_notice = is_notice and bool(line.strip())
        kinds = set(words.find_lines(list_tokens(line))) if len(line) <= _MAX_LINE else set[LineKind]()
        introduction = _count_introduction(lines, at, words)
        if introduction:
            at += introduction
            if not _is_quoted_next(lines, at):
                break
            continue
        if _SIGNATURE.fullmatch(line) or LineKind.ORIGINAL in kinds or _begins_headers(lines, at, words):
            break
        is_notice = is_notice or LineKind.CONFIDENTIAL in kinds
        if not (is_notice or _QUOTED.match(line) or kinds & {LineKind.DEVICE, LineKind.FOOTER}):
            kept.append(line)
        at += 1
    return "\n".join(kept).strip()


def _count_introduction(lines: Sequence[str], at: int, words: MailWords) -> int:
    """Returns how many lines, none to two, introduce a quotation, such as `On 5 March Jo <jo@…> wrote:`."""
    if _is_introduction(lines[at], words):
        return 1
    both = lines[at : at + 2]
    if _is_introduction(both[-1], words):  # the next line is one by itself
        return 0
    return 2 if _is_introduction(" ".join(both), words) else 0


def _is_introduction(line: str, words: MailWords) -> bool:
    if len(line) > _MAX_LINE or not line.rstrip().endswith((":", "\uff1a")) or _QUOTED.match(line):
        return False
    has_date, has_address = _DIGIT.search(line) is not None, "@" in line
    if has_date and has_address:
        return True
    return (has_date or has_address) and LineKind.WROTE in words.find_lines(list_tokens(line))


def _is_quoted_next(lines: Sequence[str], at: int) -> bool:
    """Returns whether the next line with text is marked as quoted."""
    next_line = next((line for line in lines[at : at + _NEAR] if line.strip()), "")
    return _QUOTED.match(next_line) is not None


def _begins_headers(lines: Sequence[str], at: int, words: MailWords) -> bool:
    """Returns whether a line is a header of a quoted mail, and one of the next lines is another."""
    near = [line for line in lines[at : at + 2 * _NEAR] if line.strip()][:_NEAR]
    names = [_read_header(line, words) for line in near]
    return bool(names and names[0]) and len(set(names) - {""}) > 1


def _read_header(line: str, words: MailWords) -> str:
    """Returns the name of the header that a line is, or ""."""
    match = _HEADER.match(line[:_MAX_LINE])
    name = fold(match[1]) if match else ""
    return name if name in words.headers else ""
