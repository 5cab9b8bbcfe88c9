"""After a purge no store holds data of the person, except for the minimal record.

The test first creates every kind of data about one person. Then it reports a minor or requests an erasure.
Then it searches all stores for the recipient id, the subject in the ledger and texts of the evidence.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator

import pytest

from functions.after_confirmation import app as after_confirmation
from functions.agents import app as agents
from functions.feedback import app as feedback
from functions.ledger import app as ledger
from functions.preferences import app as preferences
from functions.purge import app as purge
from functions.resubscribe import app as resubscribe
from functions.send_confirmation import app as send_confirmation
from functions.unsubscribe import app as unsubscribe
from heed.domain.api_key import KeyScope
from heed.domain.ledger.entry import ledger_subject
from heed.domain.links.link_token import TokenPurpose
from heed.domain.mailbox.case import CaseKind, new_case
from heed.domain.milliseconds import Millis
from heed.domain.privacy.lift import Signature
from heed.domain.privacy.purge import PurgeState
from tests.privacy.inventory import CONTROL
from tests.privacy.test_canary import stored
from tests.support import mailbox
from tests.support.deployment import World, http_event, parts
from tests.support.ses_messages import ses_event, sns_envelope
from tests.support.stream_events import StreamRecorder, stream_event

JANE = "jane.doe@example.com"
LISTED = "Jane.Doe@Example.COM"  # the spelling on the SES list
CAMPAIGN, REF, REFERENCE = "quetzal-spring", "quetzal-4711", "file QUETZAL 7"


@pytest.fixture
def now() -> int:
    """Returns the real time, since the mail functions use the real clock."""
    return time.time_ns() // 1_000_000 - 60_000


class Agent:
    """Sends requests to the API of agents about JANE."""

    def __init__(self, world: World) -> None:
        self.world = world
        _, key = parts().api_keys.create("officers", "officer 1", list(KeyScope))
        self.headers = {"Authorization": f"Bearer {key}"}

    def post(self, path: str, at: int, **body: str) -> int:
        text = json.dumps({"address": JANE, **body})
        request = http_event("POST", path, body=text, headers=self.headers, at=at)
        return int(agents.handler(request, self.world.context)["statusCode"])


def _create_all_data(world: World, now: int) -> StreamRecorder:
    """Creates data of a person in each store. Returns the recorder of the table's stream."""
    stream = StreamRecorder(parts().client("dynamodb"), world.table, now + 1_000)
    agent = Agent(world)
    token, odd = world.token(JANE, issued=Millis(now - 1_000)), {"c": CAMPAIGN, "r": REF}
    unsubscribe.handler(http_event("POST", f"/u/{token}", query=odd, at=now), world.context)
    centre = world.token(JANE, 1, Millis(now - 1_000), TokenPurpose.PREFERENCES)
    form = {"topic.news": "out"}
    request = http_event("POST", f"/p/{centre}", form=form, query=odd, at=now + 1)
    preferences.handler(request, world.context)
    bounced = [{"emailAddress": JANE, "diagnosticCode": REFERENCE}]
    bounce = ses_event(
        "event-bounce-permanent-general",
        bounce__bouncedRecipients=bounced,
        mail__destination=[JANE],
        mail__tags={"heed-ref": ["quetzal-4711"]},
    )
    record = {"messageId": "1", "eventSource": "aws:sqs", "body": sns_envelope(json.dumps(bounce))}
    feedback.handler({"Records": [record]}, world.context)
    for intent in ("in", "out"):
        entered = [("address", JANE), ("topics", "offers"), ("intent", intent)]
        request = http_event("POST", "/subscribe", form=entered, at=now + 2)
        resubscribe.handler(request, world.context)
        mailbox.deliver_messages(world, "CONFIRMATION_REQUESTS_QUEUE_URL", send_confirmation.handler)
    request = http_event("POST", mailbox.link_path(mailbox.sent_mails()[0]), at=now + 3)
    resubscribe.handler(request, world.context)
    assert mailbox.deliver_messages(world, "CONFIRMED_OPT_INS_QUEUE_URL", after_confirmation.handler)
    mailbox.work_on_ses_list(world)
    assert mailbox.deliver_messages(world, "CONFIRMED_OPT_INS_QUEUE_URL", after_confirmation.handler)
    on_file = {"source": "letter", "reference": REFERENCE}
    change = {"scope": "events", "state": "in", **on_file}
    assert agent.post("/v1/changes", now + 4, **change) == 200
    assert agent.post("/v1/recipients/lookup", now + 5) == 200
    # The signature of one owner to lift the report of a minor.
    lift = {"register": "minor", "reason": REFERENCE, "reference": REFERENCE}
    assert agent.post("/v1/lifts", now + 6, **lift) == 200, "the lift succeeds although there is no report"
    case = new_case(CaseKind.COMPLAINT, REFERENCE, world.recipient(JANE), Millis(now + 8))
    assert parts().open_case(case, f"From: {JANE}\n\n{REFERENCE}".encode(), "", Millis(now + 8))
    parts().lift_requests.sign(world.recipient(JANE), _signature(Millis(now + 7)))
    ledger.handler(stream_event(json.loads(json.dumps(stream.records))), world.context)
    return stream


def _signature(at: Millis) -> Signature:
    return Signature("key", "officer 1", at, REFERENCE, REFERENCE)


def _identifiers(recipient: str, subject: str) -> list[bytes]:
    """Returns the identifiers of the person: the id in each form, the subject, and texts of the evidence."""
    raw = base64.b32decode(recipient.upper() + "=" * (-len(recipient) % 8))
    forms = (recipient, raw.hex(), base64.b64encode(raw).decode()[:-2], repr(raw)[2:-1], subject)
    return [text.lower().encode() for text in (*forms, CAMPAIGN, REF, REFERENCE)]


def _find(world: World, identifiers: list[bytes]) -> Iterator[tuple[str, bytes]]:
    for store, text in stored(world):
        yield from ((store, identifier) for identifier in identifiers if identifier in text.lower())


@pytest.mark.parametrize("path", ["/v1/minors", "/v1/erasures"])
def test_after_a_purge_only_the_key_of_the_minimal_record_identifies_the_person(
    world: World, now: int, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.context.milliseconds_left = 300_000
    stream = _create_all_data(world, now)
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    identifiers = _identifiers(recipient, subject := ledger_subject(salt, recipient))
    before = {item["pk"]["S"] for item in world.items(world.control)}
    for rows in CONTROL:  # the test needs each kind of row that a purge clears
        if rows.step:
            assert any(key.startswith(rows.prefix) for key in before), rows.prefix
    before_purge = {identifier for _, identifier in _find(world, identifiers)}
    assert before_purge >= {identifiers[0], identifiers[4], *identifiers[5:]}
    count = len(stream.records)

    status = Agent(world).post(path, now + 10, source="phone", reference="call 9")
    assert status == 202
    ledger.handler(stream_event(json.loads(json.dumps(stream.records[count:]))), world.context)
    with mailbox.fake_ses_list() as ses_list:
        ses_list.addresses |= {JANE, LISTED, "other@example.com"}
        assert purge.handler({}, world.context)["left"] == 0
    assert ses_list.addresses == {"other@example.com"}

    # The entries of the ledger remain. Without the salt nobody can link their subject to the person.
    remaining = {("table Preferences", identifiers[0]), ("table Ledger", identifiers[4])}
    assert set(_find(world, identifiers)) == remaining
    (item,) = world.items()
    assert item["id"]["S"] == recipient and "salt" not in item
    assert salt.hex() not in repr([*stored(world)])
    assert all(entry.evidence is None for entry in parts().ledger.entries_of(subject))
    (certificate,) = (row for row in world.items(world.control) if row["pk"]["S"].startswith("purge#"))
    assert certificate["state"]["S"] == PurgeState.DONE
    counts = {name: int(n["N"]) for name, n in certificate["stores"]["M"].items()}
    assert counts.pop("ledger-evidence") > 4
    assert counts == {
        "cases": 1,
        "lift-requests": 1,
        "mail-caps": 2,
        "opt-in-notifications": 1,
        "ses-suppression-list": 2,
    }
    printed = capsys.readouterr()
    log = (printed.out + printed.err).lower().encode()
    assert not any(identifier in log for identifier in identifiers)
