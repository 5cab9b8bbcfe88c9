"""The cost of parsing untrusted input is linear in its length, also for hostile input.

Each parser of untrusted input gets texts that are expensive for such parsers. Each use of `re` must be
listed here.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from heed.doctor.message import examine_message
from heed.doctor.page_checks import check_page
from heed.doctor.web_client import WebAnswer
from heed.domain import api_key, rfc3339, values
from heed.domain.api_key import ApiKey, KeyScope
from heed.domain.desk.next_page import choose_next_page
from heed.domain.errors import HeedError
from heed.domain.feedback import outcome
from heed.domain.imports import columns, row_dates
from heed.domain.imports.interpretation import ImportSettings, interpret_row
from heed.domain.imports.recognition import FORMATS
from heed.domain.jobs import job, job_report, job_settings
from heed.domain.links import link_hints, link_token
from heed.domain.links.queued_opt_out import QueuedOptOut
from heed.domain.mailbox import case
from heed.domain.mailbox.attribution import SenderMail, SenderTrust
from heed.domain.mailbox.inbound_mail import Verdict
from heed.domain.mailbox.intent import IntentKind, MailIntent, read_intent
from heed.domain.mailbox.mail_action import decide_inbound_mail
from heed.domain.mailbox.new_text import new_text
from heed.domain.milliseconds import Millis
from heed.domain.numbers.counted_event import CountedEvent
from heed.domain.opt_in import confirmation_token
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.domain.preferences.catalogue import Topic
from heed.domain.preferences.evidence import campaign_of_evidence, ref_of_evidence, scrub_text
from heed.domain.privacy import purge
from heed.domain.recipients import recipient
from heed.domain.recipients.address import is_mailable, normalise_address
from heed.domain.snapshots.file_format import SnapshotManifest
from heed.domain.snapshots.signature import find_key
from heed.entrypoints import ses_events
from heed.entrypoints.bulk_files.reader import open_file
from heed.entrypoints.http import language, networks, paths, request
from heed.entrypoints.http.api import (
    cases,
    cursors,
    disclosures,
    jobs,
    json_body,
    links,
    list_headers,
    numbers,
    suppressions,
)
from heed.entrypoints.http.api.authentication import Authenticator
from heed.entrypoints.http.desk import registers
from heed.entrypoints.http.forms import PostedForm, read_form
from heed.entrypoints.http.pages import subscribe_form, visit
from heed.entrypoints.inbound_mail.notices import parse_mail_notices
from heed.entrypoints.mail import answer_mail, messages
from tests.support.attack_texts import ADDRESSES, CONTENT_TYPES, DOCUMENTS, FORMS, MAILS, PLAIN, repeat_text
from tests.support.catalogues import CATALOGUE
from tests.support.deployment import http_event
from tests.support.full import is_full
from tests.support.growth import LINEAR, measure_growth
from tests.support.inbound_mails import COMPANY, attribute_text
from tests.support.mail_words import brand_mail_words

HEED = Path(__file__).parents[2] / "layers" / "core" / "heed"
COMMAND_LINE = HEED / "entrypoints" / "cli"  # its input comes from the person who runs it


def ignoring_refusals(parse: Callable[..., object]) -> Callable[[Any], object]:
    """Returns a parser that ignores refusals, because they do not change the cost."""

    def run(value: Any) -> object:
        with suppress(HeedError):
            return parse(value)
        return None

    return run


def event(kind: str, raw: bytes) -> dict[str, Any]:
    return http_event("POST", "/p/x", body=raw, headers={"content-type": kind})


def requests(kind: str, make: Callable[[int], str]) -> Callable[[int], tuple[dict[str, Any], int]]:
    """Returns a function that makes a request of this length, and a limit that it does not exceed."""

    def make_request(n: int) -> tuple[dict[str, Any], int]:
        return event(kind, make(n).encode()), n

    return make_request


def search_form(request_and_limit: tuple[dict[str, Any], int]) -> PostedForm:
    form = read_form(*request_and_limit)
    assert not form.has_value("scope", "all")
    return form


def _no_key(_: object, __: object = None) -> bytes:
    return b"k" * 32


DO_NOT_CONTACT = {"dnc reason": "dnc bounced", "dnc channel": "email", "dnc date": ""}
IMPORT = ImportSettings(FORMATS["mautic-do-not-contact"], Millis(0))


class _NoKeys:
    def find(self, _: str) -> None:
        return None


_KEY = ApiKey("", "", "", "", frozenset({KeyScope.IMPORT}), Millis(0))


def _unencoded(address: str) -> object:
    return is_mailable(normalise_address(address))


def _titled(text: str) -> Topic:
    return replace(CATALOGUE.topics[2], names={"en": text})


def _query(name: str, parse: Callable[[Any], object]) -> Callable[[str], object]:
    return lambda text: parse({"queryStringParameters": {name: text}})


def _find_key(number: str) -> object:
    key = {"kty": "EC", "crv": "P-256", "kid": "k", "x": number, "y": number}
    return find_key({"keys": [key]}, "k")


TEXTS: dict[str, Callable[[str], object]] = {
    "scrub": scrub_text,
    "a campaign in evidence": campaign_of_evidence,
    "a ref in evidence": ref_of_evidence,
    "a ref": link_hints.parse_ref,
    "times": rfc3339.parse_time,
    "an SES time": ses_events.parse_aws_time,
    "a recipient": recipient.parse_recipient,
    "a recipient's bytes": recipient.recipient_to_bytes,
    "a purge's name": purge._ID.fullmatch,
    "a key": api_key.is_api_key,
    "a bearer": lambda text: Authenticator(_NoKeys()).authenticate(f"Bearer {text}", (), Millis(0)),
    "a scheme": lambda text: Authenticator(_NoKeys()).authenticate(text, (), Millis(0)),
    "a token": lambda text: link_token.verify_link_token(text, link_token.TokenPurpose.UNSUBSCRIBE, _no_key),
    "a mail's token": lambda text: link_token.verify_link_token(
        text, link_token.TokenPurpose.MAILTO, _no_key
    ),
    "a confirmation's token": lambda text: confirmation_token.verify_confirmation_token(text, _no_key),
    "a language": lambda text: language.choose_language(text, text, ("en", "de"), "en"),
    "a campaign": visit.read_campaign,
    "a campaign of links": links._CAMPAIGN.fullmatch,
    "a ref as a tag": links._TAG_CHARACTERS.fullmatch,
    "a list of certificates": registers._PURGE_CURSOR.fullmatch,
    "a list of disclosures": registers._NUMBER.fullmatch,
    "an intent": subscribe_form.parse_intent,
    "a cursor": cursors.parse_cursor,
    "a limit": _query("limit", lambda given: suppressions.parse_suppressions_query(given, CATALOGUE)),
    "since": _query("since", lambda given: suppressions.parse_suppressions_query(given, CATALOGUE)),
    "a day of numbers": _query(
        "from", lambda given: numbers.parse_numbers_query(given, Millis(0), CATALOGUE)
    ),
    "a scope": _query("scope", lambda given: suppressions.parse_suppressions_query(given, CATALOGUE)),
    "a parameter": lambda text: suppressions.parse_suppressions_query(
        {"queryStringParameters": {text: ""}}, CATALOGUE
    ),
    "a page's cursor": _query("cursor", disclosures.parse_disclosures_query),
    "a cursor of cases": _query("cursor", cases.parse_cases_query),
    "the id of a case": case._ID.fullmatch,
    "a signal": lambda text: request.sends_privacy_signal({"headers": {"dnt": text}}),
    "base64": lambda text: request.read_body({"body": text, "isBase64Encoded": True}),
    "a path": lambda text: paths.is_path_of_route("/v1/recipients/{recipient}/ledger", f"/v1{text}"),
    "a job's id": job.is_job_id,
    "a word of a file": job_report.is_safe_word,
    "the name of a file": job_settings.known_name_words,
    "a time zone": row_dates._ZONE_NAME.fullmatch,
    "a cursor of jobs": _query("cursor", lambda given: jobs.parse_jobs_query(given, _KEY)),
    "a title": lambda text: list_headers.list_id(_titled(text), CATALOGUE),
    "words of a header": messages._to_one_line,
    "a message id": answer_mail._MESSAGE_ID.fullmatch,
    "an encoded word": _unencoded,
    "a hash": values.is_hash,
    "a proxy's header": lambda text: networks.find_network(
        http_event("POST", "/subscribe", headers={"x-forwarded-for": text}),
        [networks.parse_network("0.0.0.0/0")],
    ),
    "SES's word": lambda text: outcome._evidence(code=text),
    "the date of a row": lambda text: row_dates.parse_row_date(text, UTC, has_us_dates=True),
    "a cell": lambda text: columns.guard_formula(columns.remove_guard(text)),
    "an address of a row": lambda text: interpret_row(
        {"email": text, "dnc reason": "dnc bounced", "dnc channel": "email"}, IMPORT
    ),
    "the channel of a row": lambda text: interpret_row({"dnc channel": text}, IMPORT),
    "a delimited file": lambda text: list(open_file([text.encode()]).records()),
    "a key's number": _find_key,
}
JSON: dict[str, Callable[[str], object]] = {
    "a body": lambda text: json_body.read_json_object(text.encode()).close(),
    "an event": ses_events.parse_ses_event,
    "an event by SNS": lambda text: ses_events.parse_ses_event(
        json.dumps({"Type": "Notification", "Message": text})
    ),
    "an opt-out in its queue": QueuedOptOut.from_message,
    "a request in its queue": ConfirmationRequest.from_message,
    "a yes in its queue": ConfirmedOptIn.from_message,
    "an event to count": CountedEvent.from_message,
    "a JSON file": lambda text: list(open_file([text.encode()]).records()),
    "a manifest": lambda text: SnapshotManifest.from_json(text.encode()),
    "a notice of a mail": lambda text: parse_mail_notices(text, Millis(0)),
}


def read_mail_text(text: str) -> object:
    """Takes the new text out of a mail, reads what it requests, and looks for addresses in it."""
    sender, words = SenderMail("parent@example.com", SenderTrust.AUTHENTICATED), brand_mail_words()
    read_intent(text, new_text(text, words), sender.address, words)
    return decide_inbound_mail(
        sender, Verdict.PASS, text, lambda _: MailIntent(IntentKind.CHILD_REPORT), COMPANY
    )


def examine_text(text: str) -> object:
    """Examines a text as a message, and as a page."""
    headers = Message()
    headers["Content-Type"] = "text/html"
    return [
        *check_page(WebAnswer(200, headers, text.encode()), ""),
        *examine_message(f"{_EXAMINED}{text}".encode(), lambda name: [name, text], lambda _: None),
    ]


_EXAMINED = "From: a@example.com\nList-Unsubscribe: <https://example.com/>\n"
_PAGES = {
    name: repeat_text(pattern)
    for name, pattern in {
        "tags": "<a ",
        "comments": "<!--",
        "scripts": "<script>",
        "values": "<a b=\"c'",
        "open values": '<a b="',
        "names": "<a b b",
        "references": '<a href="&#9999999999',
        "links": "\n<a href=https://a/>b<b>c",
        "plain links": "https://a/ ",
        "styles": "url( ",
        "hosts of styles": "url(//a",
    }.items()
}
_FIELDS = {
    name: repeat_text(pattern, before)
    for name, (before, pattern) in {
        "targets": ("List-Unsubscribe: ", "<a>,"),
        "open targets": ("List-Unsubscribe: ", "<"),
        "a list": ("List-Id: <", "a."),
        "tags of a signature": ("DKIM-Signature: d=example.com; s=a; h=", "a:"),
        "labels of a signature": ("DKIM-Signature: s=a; d=", "a."),
        "hyphens of a signature": ("DKIM-Signature: s=a; d=", "a-"),
        "signs": ("DKIM-Signature: ", "a=b;"),
        "folds": ("List-Unsubscribe: ", "\n <"),
        "at signs": ("Feedback-ID: ", "a@:"),
    }.items()
}


PARSERS: dict[str, tuple[Callable[[str], object], dict[str, Callable[[int], str]]]] = {
    "an address": (normalise_address, ADDRESSES),
    **{name: (parse, PLAIN) for name, parse in TEXTS.items()},
    **{name: (parse, DOCUMENTS) for name, parse in JSON.items()},
    "a mail": (attribute_text, MAILS),
    "the page after a sign-in": (
        choose_next_page,
        {"segments": lambda n: "/desk" + "/a" * n, "signs": lambda n: "/desk?" + "a" * n + "!"},
    ),
    "the text of a mail": (read_mail_text, {**PLAIN, **ADDRESSES}),
    "what the doctor reads": (examine_text, {**_PAGES, **_FIELDS, **MAILS}),
}
PATTERNS = {
    **{
        f"doctor.{module}.{name}": "what the doctor reads"
        for module, names in {
            "dns_records": "_NAME",
            "findings": "_WITH_AT_SIGN",
            "html_elements": "_ATTRIBUTE _ELEMENT _HIDDEN _LONG_REFERENCE",
            "page_checks": "_LOADED_BY_STYLE",
            "unsubscribe_header": "_LIST_ID _TARGET",
            "visible_link": "_LINK",
        }.items()
        for name in names.split()
    },
    "domain.recipients.address._ENCODED": "an encoded word",
    "domain.recipients.address._ATEXT": "an address",
    "domain.recipients.address._LABEL": "an address",
    "domain.recipients.address._PLAIN": "an address",
    "domain.recipients.address._QUOTED": "an address",
    "domain.recipients.address._RFC822": "an address",
    "domain.recipients.address._local": "an address",
    "domain.recipients.address._quoted": "an address",
    "domain.api_key._KEY": "a key",
    "domain.desk.next_page._PAGE": "the page after a sign-in",
    "domain.preferences.evidence._ADDRESS_LIKE": "scrub",
    "domain.preferences.evidence._LAST_WORD": "scrub",
    "domain.preferences.evidence._TOKEN_LIKE": "scrub",
    "domain.preferences.evidence._AT": "scrub",
    "domain.preferences.evidence._SPLIT_TOKEN": "scrub",
    "domain.mailbox.case._ID": "the id of a case",
    "entrypoints.http.desk.registers._NUMBER": "a list of disclosures",
    "entrypoints.http.desk.registers._PURGE_CURSOR": "a list of certificates",
    "domain.links.link_hints._DIGEST": "a ref",
    "domain.links.link_hints._REF": "a ref",
    "domain.preferences.evidence._CAMPAIGN_PART": "a campaign in evidence",
    "domain.preferences.evidence._REF_PART": "a ref in evidence",
    "domain.privacy.purge._ID": "a purge's name",
    "domain.recipients.recipient._BASE32": "a recipient's bytes",
    "domain.recipients.recipient._CANONICAL": "a recipient",
    "domain.recipients.recipient._HEX": "a recipient",
    "domain.rfc3339._DATE": "times",
    "domain.rfc3339._TIME": "times",
    "domain.snapshots.signature._BASE64URL": "a key's number",
    "domain.values._SHA256": "a hash",
    "domain.feedback.outcome._PLAIN": "SES's word",
    "entrypoints.http.api.cases._CURSOR": "a cursor of cases",
    "domain.jobs.job._ID": "a job's id",
    "domain.jobs.job_report._PERSONAL": "a word of a file",
    "domain.jobs.job_settings._NAME_WORD": "the name of a file",
    "domain.imports.row_dates._ZONE_NAME": "a time zone",
    "entrypoints.http.api.jobs._CURSOR": "a cursor of jobs",
    "entrypoints.http.paths._VARIABLE": "a path",
    "entrypoints.http.paths.is_path_of_route": "a path",
    "entrypoints.http.forms._CONTROL": "a form",
    "entrypoints.http.forms._ENCODED": "a form",
    "entrypoints.http.forms._NO_NAME": "a form",
    "entrypoints.http.forms._PARAMETER": "a form",
    "entrypoints.http.forms._UNENCODED": "a form",
    "entrypoints.http.forms._parse_parameters": "a form",
    "entrypoints.http.forms._contains": "a form",
    "entrypoints.http.api.links._CAMPAIGN": "a campaign of links",
    "entrypoints.http.api.links._TAG_CHARACTERS": "a ref as a tag",
    "entrypoints.http.api.list_headers._ATOMS": "a title",
    "entrypoints.http.api.list_headers._PRINTABLE": "a title",
    "entrypoints.http.api.list_headers.list_id": "a title",
    "entrypoints.mail.answer_mail._MESSAGE_ID": "a message id",
    "entrypoints.mail.messages._ENCODED": "words of a header",
    "entrypoints.http.networks._PORT": "a proxy's header",
    "domain.mailbox.attribution._TOKEN": "a mail",
    "domain.mailbox.automatic_mail._DAEMON": "a mail",
    "domain.mailbox.automatic_mail._POSTMASTER": "a mail",
    "domain.mailbox.automatic_mail._NULL_PATH": "a mail",
    "domain.mailbox.mail_action._ADDRESS": "the text of a mail",
    **{
        f"domain.mailbox.{module}.{name}": "the text of a mail"
        for module, names in {
            "intent": "_ADDRESS _EMPTY_LINE _QUESTION _REPLY _SENTENCE _WRAPPED",
            "opt_out": "_NAME _PART",
            "new_text": "_DIGIT _HEADER _QUOTED _SIGNATURE",
            "phrases": "_ACCENT _PIECE _SHORT_FORM _TOKEN _UMLAUT",
        }.items()
        for name in names.split()
    },
    "domain.mailbox.phrases._JOINT": "the brand",
    "domain.mailbox.phrases._split": "the brand",
    "domain.mailbox.reports._LINK": "a mail",
    "domain.imports.columns._FORMULA": "a cell",
    "domain.imports.columns._GUARDED": "a cell",
    "domain.imports.interpretation._DOMAIN": "an address of a row",
    "domain.imports.interpretation._TAG": "the channel of a row",
    **{
        f"domain.imports.row_dates.{name}": "the date of a row"
        for name in ("_ISO", "_MILLISECONDS", "_RFC_2822", "_SECONDS", "_UNKNOWN", "_US")
    },
    "entrypoints.bulk_files.delimited.__init__": "a delimited file",
    **{
        f"entrypoints.inbound_mail.{module}.{name}": "a mail"
        for module, names in {
            "decoding": "_CHARSET _ENCODED_WORD",
            "html_text": "_LONG_REFERENCE _NEW_LINE _SKIPPED _TAG _without_skipped",
            "parameters": "_PARAMETER _NAME _ESCAPE",
            "mime": "_BARE_RETURN _BLOCK_END _FIELD_NAME _FOLD _HEADER_END _add_children",
        }.items()
        for name in names.split()
    },
}
"""Each use of `re`, with the parser that uses it: a key of PARSERS, or a form. Only you write the brand."""


def uses_of_re() -> set[str]:
    """Returns each call of `re`: the module, and the constant or function that contains the call."""
    uses: set[str] = set()
    for file in HEED.rglob("*.py"):
        parts = file.relative_to(HEED).with_suffix("").parts
        if not file.is_relative_to(COMMAND_LINE):
            for top in ast.parse(file.read_text()).body:
                for holder in top.body if isinstance(top, ast.ClassDef) else [top]:
                    if any(map(_is_of_re, ast.walk(holder))):
                        uses.add(".".join((*parts, _name(holder))))
    return uses


def _is_of_re(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
            return True
    return False


def _name(holder: ast.stmt) -> str:
    match holder:
        case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return ast.unparse(holder)


def test_each_pattern_has_hostile_inputs() -> None:
    assert uses_of_re() == set(PATTERNS)
    assert set(PATTERNS.values()) <= {*PARSERS, "a form", "the brand"}


@pytest.mark.system
@pytest.mark.parametrize("parser", PARSERS)
def test_the_cost_of_a_text_is_linear(parser: str) -> None:
    parse, inputs = PARSERS[parser]
    for name, make in inputs.items():
        assert measure_growth(make, ignoring_refusals(parse), first_size(parser, name)) <= LINEAR, name


def first_size(parser: str, name: str) -> int:
    """Returns the size from which the cost of a parser is linear in an input."""
    match parser, name:
        case "the text of a mail", "a label" | "labels" | "a domain of letters":
            return 1_000  # gaps of phrases make a short mail cheaper for each word than a long one
        case "the text of a mail", _:
            return 1_000 if is_full() else 250
        case "a JSON file", "members":
            return 70_000  # a record of at most 64 kB is read at once
    return 100


@pytest.mark.system
@pytest.mark.parametrize("address", ADDRESSES)
def test_the_cost_of_an_address_is_linear_up_to_the_limit(address: str) -> None:
    """A request may have 1,000 addresses, so a quadratic cost of 1,000 characters would matter."""

    def make(n: int) -> list[str]:
        return [ADDRESSES[address](n)] * 100

    def run(addresses: list[str]) -> None:
        for text in addresses:
            ignoring_refusals(normalise_address)(text)

    assert measure_growth(make, run, 110) <= LINEAR


@pytest.mark.system
@pytest.mark.threat(
    "B3",
    "A form of 64 KB takes seconds to parse: many parameters, parts within parts.",
    "Forms are parsed in one pass, without nesting and with limits, so the cost is linear in their length.",
)
@pytest.mark.threat(
    "T18",
    "Requests that are cheap to send and expensive to answer exhaust the account.",
    "A test checks that the cost of each parser of untrusted input is linear in the length of the input.",
)
@pytest.mark.parametrize("form", FORMS)
def test_the_cost_of_a_form_is_linear(form: str) -> None:
    assert measure_growth(requests(*FORMS[form]), search_form, 2_000) <= LINEAR


@pytest.mark.system
@pytest.mark.parametrize("header", CONTENT_TYPES)
def test_the_cost_of_a_content_type_is_linear(header: str) -> None:
    def make(n: int) -> tuple[dict[str, Any], int]:
        return event(CONTENT_TYPES[header](n), b"--b--"), n

    assert measure_growth(make, search_form, 300) <= LINEAR
