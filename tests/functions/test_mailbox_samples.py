"""Each sample of a mail and of a notice, through the function `mailbox`: what it causes, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pytest

from functions.mailbox import app
from heed.domain.links.link_token import TokenPurpose
from heed.domain.mailbox.case import CaseKind
from heed.domain.opt_in.confirmation_token import Intent
from tests.support.deployment import World
from tests.support.inbound_mailbox import KEY, SENDER, Mailbox, store_mail
from tests.support.inbound_mails import MAILS, huge_mail, insert_tokens

JANE = "jane@example.com"  # all valid tokens are hers
VICTIM, ATTACKER = "victim@example.org", "attacker@example.net"
PARENT, KID = "parent@example.net", "kid@example.net"
PEOPLE = (JANE, SENDER, VICTIM, ATTACKER, PARENT, KID)
NOBODY = ""


class Arrival(NamedTuple):
    """How a mail arrives: what SES found out about it, and whether it is to the address of a link."""

    event: str = "sender-authenticated"
    to_link: bool = False


MAILBOX, LINK = Arrival(), Arrival(to_link=True)
FORGED, NULL_PATH = Arrival("dmarc-fail"), Arrival("null-return-path")
NULL_PATH_TO_LINK = Arrival("null-return-path", to_link=True)


@dataclass(frozen=True)
class Effect:
    """What a mail causes. What is not in it must not happen.

    Attributes:
        registers: the codes of the registers on record, by address.
        cases: the cases, and whom each one is about.
        confirmations: the requests for a confirmation link, and to whom it goes.
    """

    registers: dict[str, set[str]] = field(default_factory=dict)
    cases: tuple[tuple[CaseKind, str], ...] = ()
    confirmations: tuple[tuple[str, Intent], ...] = ()


def opts_out(address: str) -> Effect:
    return Effect({address: {"o:0"}})


def becomes_case(kind: CaseKind, about: str = SENDER) -> Effect:
    return Effect(cases=((kind, about),))


def gets_confirmation_link(address: str) -> Effect:
    return Effect(confirmations=((address, Intent.OUT),))


NOTHING = Effect()
OPTS_OUT = opts_out(SENDER)
OPTS_OUT_BY_LINK = Effect({JANE: {"o:2"}})
COMPLAINS, BOUNCES = Effect({JANE: {"x:complaint"}}), Effect({JANE: {"x:undeliverable"}})
OF_NOBODY = becomes_case(CaseKind.OPT_OUT_DOUBTFUL, NOBODY)
DOUBTFUL = replace(becomes_case(CaseKind.OPT_OUT_DOUBTFUL), confirmations=((SENDER, Intent.OUT),))
REACHES_A_PERSON = becomes_case(CaseKind.OTHER)

SAMPLES: dict[str, tuple[Arrival, Effect]] = {
    # A valid token decides, whatever the sender, the text and the verdicts are.
    "apple-unsubscribe": (LINK, OPTS_OUT_BY_LINK),
    "apple-unsubscribe-without-subject": (NULL_PATH_TO_LINK, OPTS_OUT_BY_LINK),
    "auto-generated-by-list-unsubscribe-tool": (LINK, OPTS_OUT_BY_LINK),
    "gmail-unsubscribe": (LINK, OPTS_OUT_BY_LINK),
    "mailto-list-unsubscribe-empty-body": (LINK, OPTS_OUT_BY_LINK),
    "mailto-token-in-address-no-subject-header": (LINK, OPTS_OUT_BY_LINK),
    "plain-unsubscribe": (Arrival("spam-and-dmarc-fail", to_link=True), OPTS_OUT_BY_LINK),
    "out-of-office-to-token": (NULL_PATH_TO_LINK, becomes_case(CaseKind.OPT_OUT_DOUBTFUL, JANE)),
    # Reports count for the recipient of the signed link, and all other automatic mail for nobody.
    "arf-abuse-report": (MAILBOX, COMPLAINS),
    "arf-abuse-report-recipient-redacted": (MAILBOX, COMPLAINS),
    "arf-not-spam": (MAILBOX, NOTHING),
    "dsn-failed-with-our-mail": (NULL_PATH, BOUNCES),
    "dsn-delayed-with-our-mail": (NULL_PATH, NOTHING),
    "dsn-delayed-and-failed-two-recipients": (NULL_PATH, NOTHING),
    "read-receipt-mdn": (NULL_PATH, NOTHING),
    "auto-reply-legacy-headers-only": (MAILBOX, NOTHING),
    # The text of an authenticated sender, in any form.
    "bare-lf-line-endings": (MAILBOX, OPTS_OUT),
    "base64-utf8-body": (MAILBOX, OPTS_OUT),
    "deeply-nested-mime-60-levels": (MAILBOX, OPTS_OUT),
    "empty-subject-stop-in-body": (MAILBOX, OPTS_OUT),
    "from-and-reply-to-and-sender-differ": (MAILBOX, OPTS_OUT),
    "header-injection-and-folding": (MAILBOX, OPTS_OUT),
    "html-alone": (MAILBOX, OPTS_OUT),
    "koi8-r-8bit-body": (MAILBOX, OPTS_OUT),
    "no-mime-headers": (MAILBOX, OPTS_OUT),
    "quoted-printable-iso-8859-1": (MAILBOX, OPTS_OUT),
    "routed-on-by-exchange": (MAILBOX, OPTS_OUT),
    "routed-on-by-google-workspace": (MAILBOX, OPTS_OUT),
    "top-posted-outlook-style-original-message": (MAILBOX, OPTS_OUT),
    "display-name-is-another-address": (MAILBOX, opts_out(ATTACKER)),
    # A sender who is not authenticated confirms by a link, and a person decides about an unknown one.
    "forged-authentication-results-header": (FORGED, gets_confirmation_link(VICTIM)),
    "forged-from-dmarc-fail": (FORGED, gets_confirmation_link(VICTIM)),
    "rewritten-sender-srs": (FORGED, gets_confirmation_link(SENDER)),
    "missing-from": (MAILBOX, OF_NOBODY),
    "two-from-addresses": (MAILBOX, OF_NOBODY),
    "rewritten-by-a-group": (MAILBOX, OF_NOBODY),
    # A person decides what is doubtful, unless its sender confirms it, and what is more than an opt-out.
    "conflicting-subject-unsubscribe-body-resubscribe": (MAILBOX, becomes_case(CaseKind.OPT_OUT_DOUBTFUL)),
    "resubscribe-negated": (MAILBOX, DOUBTFUL),
    "negated-do-not-unsubscribe": (MAILBOX, DOUBTFUL),
    "question-how-do-i-unsubscribe": (MAILBOX, becomes_case(CaseKind.OPT_OUT_DOUBTFUL)),
    "forwarded-as-attachment-message-rfc822": (MAILBOX, DOUBTFUL),
    "erasure-request-gdpr": (MAILBOX, becomes_case(CaseKind.ERASURE)),
    "under-13-parent-deletion-request": (MAILBOX, Effect({KID: {"p:0"}}, ((CaseKind.CHILD_REPORT, KID),))),
    # The rest requests nothing that Heed knows.
    "attachment-only-pdf-name-unsubscribe": (MAILBOX, REACHES_A_PERSON),
    "reply-quoting-marketing-text-not-an-opt-out": (MAILBOX, REACHES_A_PERSON),
}

# Each notice, the mail that is stored (or none), and the effect.
NOTICES: dict[str, tuple[str, Effect]] = {
    "s3-action-alert-no-content.sns-lambda": ("no-mime-headers", OPTS_OUT),
    "s3-event-inbound-mail-object-created": ("no-mime-headers", gets_confirmation_link(SENDER)),
    "s3-event-url-encoded-key": ("no-mime-headers", gets_confirmation_link(SENDER)),
    "sns-action-content-utf8.sns-lambda": ("", OPTS_OUT_BY_LINK),
    "sns-action-no-encoding-field.raw": ("", gets_confirmation_link(SENDER)),
    "s3-event-ses-setup-notification-object": ("", NOTHING),
    "s3-event-test-event": ("", NOTHING),
}
# The same for notices of a Lambda action. They name no stored mail: Heed gets them with an S3 action.
VERDICTS: dict[str, tuple[str, Effect]] = {
    "lambda-action-dmarc-gray": ("no-mime-headers", OPTS_OUT),
    "lambda-action-forged-dmarc-fail-reject": ("forged-from-dmarc-fail", gets_confirmation_link(VICTIM)),
    "lambda-action-processing-failed": ("no-mime-headers", gets_confirmation_link(SENDER)),
}


@pytest.fixture
def mailbox(world: World) -> Mailbox:
    world.context.milliseconds_left = 60_000
    return Mailbox(world)


def read(mailbox: Mailbox, *path: str) -> str:
    """Returns the text of a sample with tokens of Jane."""
    tokens = mailbox.world.token(JANE), mailbox.world.token(JANE, purpose=TokenPurpose.MAILTO)
    return insert_tokens(MAILS.joinpath(*path).read_bytes(), *tokens).decode("latin-1")


def observe(mailbox: Mailbox) -> Effect:
    """Returns everything that the mails caused."""
    names = {mailbox.world.recipient(address): address for address in PEOPLE} | {"": NOBODY}
    return Effect(
        {names[item["id"]["S"]]: mailbox.registers(names[item["id"]["S"]]) for item in mailbox.world.items()},
        tuple((case.kind, names[case.recipient]) for case in mailbox.cases()),
        tuple((request.address, request.intent) for request in mailbox.requests()),
    )


def handle(mailbox: Mailbox, body: str) -> dict[str, Any]:
    """Hands a message of the queue to the function."""
    return dict(app.handler({"Records": [{"messageId": "1", "body": body}]}, mailbox.world.context))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_causes_what_its_row_says_and_is_deleted(mailbox: Mailbox, name: str) -> None:
    arrival, effect = SAMPLES[name]
    raw = read(mailbox, "inbound", f"{name}.eml").encode("latin-1")
    token = mailbox.world.token(JANE, purpose=TokenPurpose.MAILTO)
    recipients = [f"unsub+{token}@mail.example.com"] if arrival.to_link else []
    assert mailbox.receive(raw, arrival.event, recipients) == {"batchItemFailures": []}
    assert observe(mailbox) == effect
    assert (mailbox.objects(), mailbox.world.messages("MAILBOX_DLQ_URL")) == ([], [])


def test_a_mail_with_a_large_attachment_opts_out_too(mailbox: Mailbox) -> None:
    mailbox.receive(huge_mail())
    assert observe(mailbox) == OPTS_OUT


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_causes_what_its_row_says(mailbox: Mailbox, name: str) -> None:
    stored, effect = NOTICES[name]
    if stored:
        key = "inbound/March 2026/list (a) é.csv" if "encoded-key" in name else KEY
        store_mail(read(mailbox, "inbound", f"{stored}.eml").encode("latin-1"), key)
    text = read(mailbox, "notices", f"{name}.json").replace('"opt-outs/', '"inbound/')
    assert handle(mailbox, text) == {"batchItemFailures": []}
    assert observe(mailbox) == effect
    assert mailbox.objects("") == []


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdicts_of_a_notice_decide_and_a_notice_without_a_mail_is_dead_lettered(
    mailbox: Mailbox, name: str
) -> None:
    stored, effect = VERDICTS[name]
    text = read(mailbox, "notices", f"{name}.json")
    handle(mailbox, text)
    assert mailbox.world.messages("MAILBOX_DLQ_URL") == [text]
    assert observe(mailbox) == NOTHING
    store_mail(read(mailbox, "inbound", f"{stored}.eml").encode("latin-1"))
    action = f'"action": {{"bucketName": "mailbox", "objectKey": "{KEY}", '
    handle(mailbox, text.replace('"action": {', action))
    assert observe(mailbox) == effect


def test_every_sample_has_a_row() -> None:
    assert {file.stem for file in (MAILS / "inbound").iterdir()} == SAMPLES.keys()
    assert {file.stem for file in (MAILS / "notices").iterdir()} == {*NOTICES, *VERDICTS}
