"""The checks of the fields for a unsubscribe button (RFC 2369, RFC 8058), and of other list fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from heed.doctor.findings import CheckName, DoctorFinding, failed, passed, quote_foreign, warned
from heed.doctor.message_header import HeaderField, MessageHeader

ONE_CLICK = "List-Unsubscribe=One-Click"

_MAX_LINE = 998  # octets, RFC 5322 §2.1.1
_MAX_TARGETS = 20  # of one field
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TARGET = re.compile(r"<([^<>]*)>")
_LIST_ID = re.compile(r"<[A-Za-z0-9_.+-]+\.[A-Za-z0-9_.+-]+>\s*\Z")
_LIST_FIELDS = {"list-unsubscribe": "List-Unsubscribe", "list-unsubscribe-post": "List-Unsubscribe-Post"}
_FEEDBACK_PARTS = 4  # campaign, customer, kind of mail, sender

_USE_HEADERS = "use the headers as POST /v1/links returns them, each on one line"


def unsubscribe_targets(header: MessageHeader) -> list[str]:
    """Returns the URLs of `List-Unsubscribe`, in their order."""
    fields = header.all("list-unsubscribe")
    return _TARGET.findall(fields[0].value)[:_MAX_TARGETS] if fields else []


def unsubscribe_url(header: MessageHeader) -> str | None:
    """Returns the first web link of `List-Unsubscribe`, or None. `https:` goes before `http:`."""
    found = unsubscribe_targets(header)
    by_scheme = (url for scheme in ("https:", "http:") for url in found if url.lower().startswith(scheme))
    return next(by_scheme, None)


def host_of(url: str) -> str:
    """Returns the host of a URL in lower case, or "" if it has none or is malformed."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_on_loopback(url: str) -> bool:
    """Returns whether the host of a URL is this machine."""
    return host_of(url) in _LOOPBACK


def check_unsubscribe_fields(header: MessageHeader) -> Iterator[DoctorFinding]:
    """Checks what a mail client reads for its unsubscribe button."""
    yield _check_list_unsubscribe(header)
    yield _check_post(header)
    fields = [(label, entry) for name, label in _LIST_FIELDS.items() for entry in header.all(name)]
    if fields:
        yield _check_encoding(fields)
        yield _check_folding(fields)
    yield _check_mailto(header)


def _check_list_unsubscribe(header: MessageHeader) -> DoctorFinding:
    name, number = CheckName.LIST_UNSUBSCRIBE, len(header.all("list-unsubscribe"))
    if number != 1:
        seen = f"{number} fields List-Unsubscribe" if number else "no field List-Unsubscribe"
        return failed(name, seen, _USE_HEADERS)
    url = unsubscribe_url(header)
    if url is None or not (host := host_of(url)):
        mend = f"put the https: link in angle brackets: {_USE_HEADERS}"
        return failed(name, "List-Unsubscribe has no web link in angle brackets", mend)
    if url.lower().startswith("https:"):
        return passed(name, f"an https link at {quote_foreign(host)}")
    found = warned if is_on_loopback(url) else failed
    return found(
        name, f"a plain http link at {quote_foreign(host)}", "serve the link by https (RFC 8058 §3.1)"
    )


def _check_post(header: MessageHeader) -> DoctorFinding:
    name, fields = CheckName.LIST_UNSUBSCRIBE_POST, header.all("list-unsubscribe-post")
    if len(fields) != 1:
        seen = f"{len(fields)} fields List-Unsubscribe-Post" if fields else "no field List-Unsubscribe-Post"
        return failed(name, seen, f"add the field once: List-Unsubscribe-Post: {ONE_CLICK}")
    if fields[0].value != ONE_CLICK:
        return failed(
            name, "List-Unsubscribe-Post has another value", f"the value is {ONE_CLICK} and nothing else"
        )
    return passed(name, ONE_CLICK)


def _check_encoding(fields: list[tuple[str, HeaderField]]) -> DoctorFinding:
    name = CheckName.HEADER_ENCODING
    encoded = [label for label, entry in fields if "=?" in entry.value or not entry.is_ascii]
    if not encoded:
        return passed(name, "plain ASCII")
    mend = (
        "set the mail library not to encode them: no client reads an encoded word here (docs/integrating.md)"
    )
    return failed(name, f"{', '.join(dict.fromkeys(encoded))} is an encoded word, or not ASCII", mend)


def _check_folding(fields: list[tuple[str, HeaderField]]) -> DoctorFinding:
    name = CheckName.HEADER_FOLDING
    mend = "set the mail library not to fold them (docs/integrating.md)"
    for label, entry in fields:
        if entry.longest_line > _MAX_LINE:
            return failed(
                name,
                f"{label} has a line of {entry.longest_line} octets",
                f"use shorter links; {_MAX_LINE} is the limit",
            )
    for label, entry in fields:
        if any(any(sign.isspace() for sign in target) for target in _TARGET.findall(entry.value)):
            return failed(name, f"{label} is folded within a link", mend)
    folded = [label for label, entry in fields if entry.is_folded]
    if folded:
        return warned(
            name, f"{', '.join(folded)} is folded: some clients and signatures do not survive it", mend
        )
    return passed(name, "each is one line")


def _check_mailto(header: MessageHeader) -> DoctorFinding:
    name, targets = CheckName.MAILTO, unsubscribe_targets(header)
    if header.all("list-unsubscribe") and not targets:
        return warned(name, "no link that a client can read", "mend List-Unsubscribe first")
    if any(target.strip().lower().startswith("mailto:") for target in targets):
        return passed(name, "a mailto link beside the web link")
    mend = "set MailDomain, so that the links have one (docs/mailbox.md)"
    return warned(name, "no mailto link: Apple's clients show no button", mend)


def check_list_fields(header: MessageHeader) -> Iterator[DoctorFinding]:
    """Checks `List-Id` and `Feedback-ID`."""
    yield _check_list_id(header)
    yield _check_feedback_id(header)


def _check_list_id(header: MessageHeader) -> DoctorFinding:
    name, fields = CheckName.LIST_ID, header.all("list-id")
    mend = "give each topic one List-Id of its own, such as <offers.meridian.example.com>"
    if len(fields) > 1:
        return failed(name, f"{len(fields)} fields List-Id", mend)
    if not fields:
        return warned(name, "no field List-Id: clients cannot tell the lists of a sender apart", mend)
    if not _LIST_ID.search(fields[0].value[-300:]):
        return failed(name, "List-Id has no name with a dot in angle brackets", mend)
    return passed(name, "one list")


def _check_feedback_id(header: MessageHeader) -> DoctorFinding:
    name, fields = CheckName.FEEDBACK_ID, header.all("feedback-id")
    mend = "Feedback-ID: campaign:topic:kind:sender; its last part is the same in each mail"
    if not fields:
        return warned(name, "no field Feedback-ID: Gmail's statistics of complaints stay empty", mend)
    parts = [part.strip() for part in fields[-1].value.split(":", _FEEDBACK_PARTS)]
    if len(fields) > 1 or len(parts) > _FEEDBACK_PARTS or not parts[-1]:
        return warned(
            name, "Feedback-ID is not one field of up to four parts that ends with the sender", mend
        )
    return passed(name, f"{len(parts)} parts")
