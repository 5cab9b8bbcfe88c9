"""After a purge nothing of the person is anywhere but the bare record: not the id, not the name in the
ledger, not a word of what was said.

Everything that Heed does is done about one person first; then they turn out to be a child, or are erased.
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
from heed.domain.privacy.lift import Signature
from heed.domain.privacy.purge import PurgeState
from tests.privacy.inventory import CONTROL
from tests.privacy.test_canary import stored
from tests.support import mailbox
from tests.support.deployment import World, http, parts
from tests.support.ses_messages import ses, sns
from tests.support.stream_events import Recorder, event

JANE = "jane.doe@example.com"
LISTED = "Jane.Doe@Example.COM"  # in the case in which SES had it
CAMPAIGN, REFERENCE = "quetzal-spring", "file QUETZAL 7"


@pytest.fixture
def now() -> int:
    """The mail goes by the clock, so all of it does."""
    return time.time_ns() // 1_000_000 - 60_000


class Agent:
    def __init__(self, world: World) -> None:
        self.world = world
        _, key = parts().api_keys.create("office", "kim", list(KeyScope))
        self.headers = {"Authorization": f"Bearer {key}"}

    def post(self, path: str, at: int, **body: str) -> int:
        said = json.dumps({"address": JANE, **body})
        told = http("POST", path, body=said, headers=self.headers, at=at)
        return int(agents.handler(told, self.world.context)["statusCode"])


def _everything(world: World, now: int) -> Recorder:
    """Traces wherever traces may be; the changes of the table as its stream has them."""
    stream = Recorder(parts().client("dynamodb"), world.table, now + 1_000)
    agent = Agent(world)
    token, odd = world.token(JANE, issued=now - 1_000), {"c": CAMPAIGN}
    unsubscribe.handler(http("POST", f"/u/{token}", query=odd, at=now), world.context)
    centre = world.token(JANE, 1, now - 1_000, TokenPurpose.PREFERENCES)
    form = {"topic.news": "out"}
    told = http("POST", f"/p/{centre}", form=form, query=odd, at=now + 1)
    preferences.handler(told, world.context)
    bounced = [{"emailAddress": JANE, "diagnosticCode": REFERENCE}]
    bounce = ses(
        "event-bounce-permanent-general",
        bounce__bouncedRecipients=bounced,
        mail__destination=[JANE],
    )
    record = {"messageId": "1", "eventSource": "aws:sqs", "body": sns(json.dumps(bounce))}
    feedback.handler({"Records": [record]}, world.context)
    for intent in ("in", "out"):
        entered = [("address", JANE), ("topics", "offers"), ("intent", intent)]
        told = http("POST", "/subscribe", form=entered, at=now + 2)
        resubscribe.handler(told, world.context)
        mailbox.deliver(world, "CONFIRMATION_REQUESTS_QUEUE_URL", send_confirmation.handler)
    told = http("POST", mailbox.link(mailbox.sent()[0]), at=now + 3)
    resubscribe.handler(told, world.context)
    assert mailbox.deliver(world, "CONFIRMED_OPT_INS_QUEUE_URL", after_confirmation.handler)
    mailbox.read_list(world)
    assert mailbox.deliver(world, "CONFIRMED_OPT_INS_QUEUE_URL", after_confirmation.handler)
    on_file = {"source": "letter", "reference": REFERENCE}
    change = {"scope": "events", "state": "in", **on_file}
    assert agent.post("/v1/changes", now + 4, **change) == 200
    assert agent.post("/v1/recipients/lookup", now + 5) == 200
    # A child once already, which was wrong, and a lift that only one has signed.
    lift = {"register": "minor", "reason": REFERENCE, "reference": REFERENCE}
    assert agent.post("/v1/lifts", now + 6, **lift) == 200, "there is nothing to lift"
    parts().lift_requests.sign(world.recipient(JANE), _signature(now + 7))
    ledger.handler(event(json.loads(json.dumps(stream.records))), world.context)
    return stream


def _signature(at: int) -> Signature:
    return Signature("key", "kim", at, REFERENCE, REFERENCE)


def _names(recipient: str, subject: str) -> list[bytes]:
    """Everything that leads to the person: the id in each of its forms, the name in the ledger, the words."""
    raw = base64.b32decode(recipient.upper() + "=" * (-len(recipient) % 8))
    forms = (recipient, raw.hex(), base64.b64encode(raw).decode()[:-2], repr(raw)[2:-1], subject)
    return [text.lower().encode() for text in (*forms, CAMPAIGN, REFERENCE)]


def _found(world: World, names: list[bytes]) -> Iterator[tuple[str, bytes]]:
    for place, text in stored(world):
        yield from ((place, name) for name in names if name in text.lower())


@pytest.mark.parametrize("path", ["/v1/minors", "/v1/erasures"])
def test_nothing_leads_to_the_person_any_more_but_the_key_of_the_bare_record(
    world: World, now: int, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.context.left = 300_000
    stream = _everything(world, now)
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    names = _names(recipient, subject := ledger_subject(salt, recipient))
    before = {item["pk"]["S"] for item in world.items(world.control)}
    for rows in CONTROL:  # each kind of row that a purge clears is there, or the test shows nothing
        if rows.step:
            assert any(key.startswith(rows.prefix) for key in before), rows.prefix
    assert {name for _, name in _found(world, names)} >= {names[0], names[4], *names[5:]}
    seen = len(stream.records)

    reported = Agent(world).post(path, now + 10, source="phone", reference="call 9")
    assert reported == 202
    ledger.handler(event(json.loads(json.dumps(stream.records[seen:]))), world.context)
    with mailbox.suppression_list() as held:
        held.addresses |= {JANE, LISTED, "other@example.com"}
        assert purge.handler({}, world.context)["left"] == 0
    assert held.addresses == {"other@example.com"}

    found = set(_found(world, names))
    # The entries of the ledger stay, and their subject is nobody's: the salt is nowhere.
    assert found == {("table Preferences", names[0]), ("table Ledger", names[4])}
    (item,) = world.items()
    assert item["id"]["S"] == recipient and "salt" not in item
    assert salt.hex() not in repr([*stored(world)])
    assert all(kept.evidence is None for kept in parts().ledger.entries_of(subject))
    (certificate,) = (i for i in world.items(world.control) if i["pk"]["S"].startswith("purge#"))
    assert certificate["state"]["S"] == PurgeState.DONE
    counts = {name: int(n["N"]) for name, n in certificate["stores"]["M"].items()}
    assert counts.pop("ledger-evidence") > 4
    assert counts == {
        "lift-requests": 1,
        "mail-caps": 2,
        "opt-ins-told": 1,
        "ses-suppression-list": 2,
    }
    printed = capsys.readouterr()
    assert not any(name in (printed.out + printed.err).lower().encode() for name in names)
