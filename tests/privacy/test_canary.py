"""No address, no link, no key stays anywhere: marked ones are driven through every route and event, and
everything that was written is searched for them, raw and in nine encodings.

Not only what is stored at the end: every request to AWS that any function made is searched, so that what
was there for a moment is found too. What is allowed is the table in docs/privacy.md, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from functions.desk import app as desk
from functions.feedback import app as feedback
from functions.follow_up import app as follow_up
from functions.ledger import app as ledger
from functions.platform import app as platform
from functions.preferences import app as preferences
from functions.purge import app as purge
from functions.reconcile import app as reconcile
from functions.resubscribe import app as resubscribe
from functions.seal import app as seal
from functions.send_confirmation import app as send_confirmation
from functions.unlist import app as unlist
from functions.unsubscribe import app as unsubscribe
from functions.unsubscribe_later import app as later
from heed import wiring
from heed.adapters import aws
from heed.domain.api_key import KeyScope
from heed.domain.token import Purpose
from tests import post
from tests.privacy.canary import forms, hits
from tests.ses import ses, sns
from tests.streams import Recorder, event
from tests.world import NOW, World, http

# Of each way through the system one; what each stands in shows which way it leaked.
ADDRESSES = {
    "desk": "Canary7.Quetzal+one@example.com",
    "idn": "canary7.toucan@exämple.com",
    "bounce": "Canary7.Heron@example.com",
    "form": "canary7.Ibis@example.com",
    "minor": "canary7.Kiwi@example.com",
    "erased": "canary7.Lark@example.com",
    "note": "canary7.Martin@example.com",
    "garbage": "canary7.Nightjar@example.com",
}
# The calls of AWS that may carry an address, with the queue that they go to: as what of the table in
# docs/privacy.md (heed.domain.transit).
ALLOWED = {
    ("SendMessage", "FEEDBACK_DLQ_URL"): "FeedbackDeadLetters",
    ("SendMessage", "SUBSCRIBE_QUEUE_URL"): "SubscribeQueue",
    ("SendMessage", "OPT_INS_QUEUE_URL"): "OptInsQueue",
    ("SendMessage", "UNLIST_QUEUE_URL"): "UnlistQueue",
    ("SendEmail", ""): "the confirmation mail, which SES delivers",
    ("DeleteSuppressedDestination", ""): "SES's own suppression list",
    ("Encrypt", ""): "a confirmation link",
}


class Wire:
    """Every request that the functions make to AWS, by what it is and where it goes."""

    def __init__(self, world: World) -> None:
        self.requests: list[tuple[tuple[str, str], bytes]] = []
        self._names = {url: name for name, url in world.queues.items()}
        for service in ("dynamodb", "sqs", "kms", "sesv2", "s3", "events"):
            for client in (aws.client(service), aws.single(service)):
                client.meta.events.register_first("before-call.*.*", self._before)

    def _before(self, model: Any, params: dict[str, Any], **_: Any) -> AWSResponse | None:
        body = params["body"]
        if hasattr(body, "read"):
            body = body.read()
            params["body"].seek(0)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        queue = next((name for url, name in self._names.items() if url.encode() in text), "")
        text += params["url_path"].encode() + json.dumps(params["query_string"]).encode()
        # Blobs travel in base64; what is in them is searched too.
        for blob in re.findall(rb'"([A-Za-z0-9+/]{24,}={0,2})"', text):
            with suppress(binascii.Error):
                text += b"\n" + base64.b64decode(blob + b"=" * (-len(blob) % 4))
        self.requests.append(((model.name, queue), text))
        return None


@pytest.fixture
def wire(world: World) -> Wire:
    world.context.left = 300_000
    return Wire(world)


def _drive(world: World, stream: Recorder, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every route and every event; the keys and tokens that were used, by name."""
    _, key = wiring.api_keys().create("canary", "kim", list(KeyScope))
    _, second = wiring.api_keys().create("canary", "lou", list(KeyScope))
    bearer = {"Authorization": f"Bearer {key}", "User-Agent": ADDRESSES["garbage"]}

    def ask(function: Any, method: str, path: str, body: object = None, **more: Any) -> Any:
        text = None if body is None else body if isinstance(body, str) else json.dumps(body)
        more.setdefault("headers", bearer)
        answer = function.handler(http(method, path, body=text, **more), world.context)
        return json.loads(answer["body"]) if answer["body"][:1] == "{" else answer

    # The platform.
    ask(platform, "GET", "/v1/topics")
    some = [ADDRESSES["desk"], ADDRESSES["idn"], f"{ADDRESSES['garbage']}@"]
    ask(platform, "POST", "/v1/check", {"topic": "offers", "addresses": some})
    asked = {"topic": "offers", "addresses": some, "campaign": "spring"}
    link = ask(platform, "POST", "/v1/links", asked)["links"][0]
    mailto = re.findall(r"u\+([^@>]+)@", link["headers"]["List-Unsubscribe"])
    ask(platform, "GET", "/v1/suppressions", query={"cursor": ADDRESSES["garbage"]})

    # Links, with what people and programs put into them.
    token = world.token(ADDRESSES["desk"])
    centre = world.token(ADDRESSES["desk"], 1, purpose=Purpose.PREFERENCES)
    plain = {"User-Agent": ADDRESSES["garbage"], "Sec-GPC": "1", "Cookie": ADDRESSES["garbage"]}
    odd = {"c": ADDRESSES["garbage"], "lang": "de"}
    for function, where in ((unsubscribe, f"/u/{token}"), (preferences, f"/p/{centre}")):
        ask(function, "GET", where, headers=plain, query=odd)
        ask(function, "GET", where + ADDRESSES["garbage"], headers=plain)
    ask(unsubscribe, "POST", f"/u/{token}", headers=plain, query=odd)
    ask(unsubscribe, "POST", f"/u/{token}", form={"scope": "all", "why": ADDRESSES["note"]})
    form = {"topic.offers": "in", "pause": "30", "note": ADDRESSES["note"]}
    ask(preferences, "POST", f"/p/{centre}", form=form)
    with monkeypatch.context() as patch:
        patch.setenv("PREFERENCES_TABLE", "absent")
        for made in (wiring.preferences, wiring.settings, wiring.unsubscribe):
            made.cache_clear()
        ask(unsubscribe, "POST", f"/u/{world.token(ADDRESSES['idn'])}", headers=plain)
    for made in (wiring.preferences, wiring.settings, wiring.unsubscribe):
        made.cache_clear()
    post.deliver(world, "LATER_QUEUE_URL", later.handler)

    # The desk.
    on_file = {"source": "letter", "reference": f"mail of {ADDRESSES['note']}"}
    why = {"reason": f"she is {ADDRESSES['note']}", "reference": "r"}
    for name in ("desk", "idn", "minor", "erased"):
        change = {"address": ADDRESSES[name], "scope": "offers", "state": "in", **on_file}
        ask(desk, "POST", "/v1/changes", {**change, "agent": ADDRESSES["note"]})
    ask(desk, "POST", "/v1/changes", {"address": f"{ADDRESSES['garbage']}@", "x": key})
    ask(desk, "POST", "/v1/changes", "{" + ADDRESSES["garbage"] + key)
    ask(desk, "POST", "/v1/recipients/lookup", {"address": ADDRESSES["idn"]})
    minor = ask(desk, "POST", "/v1/minors", {"address": ADDRESSES["minor"], **on_file})
    ask(desk, "POST", "/v1/erasures", {"address": ADDRESSES["erased"], **on_file}, at=NOW + 1)
    ask(desk, "POST", "/v1/holds", {"address": ADDRESSES["desk"], "source": "letter", **why})
    lift = {"address": ADDRESSES["minor"], "register": "minor", **why}
    ask(desk, "POST", "/v1/lifts", lift, at=NOW + 2)
    by_other = {"Authorization": f"Bearer {second}"}
    ask(desk, "POST", "/v1/lifts", lift, at=NOW + 3, headers=by_other)
    ask(desk, "POST", "/v1/lifts", {**lift, "register": "hold", "address": ADDRESSES["desk"]})
    ask(desk, "GET", f"/v1/purges/{minor['purge']}")
    ask(desk, "GET", f"/v1/purges/{ADDRESSES['garbage']}")
    ask(desk, "GET", "/v1/disclosures", query={"cursor": ADDRESSES["garbage"]})
    ask(desk, "GET", f"/v1/{ADDRESSES['garbage']}")

    # Feedback: understood, and not.
    bounced = [
        {"emailAddress": f"Heron <{ADDRESSES['bounce']}>", "diagnosticCode": ADDRESSES["note"]}
    ]
    bounce = ses("event-bounce-permanent-general", bounce__bouncedRecipients=bounced)
    broken = "not json " + ADDRESSES["garbage"]
    bodies = [sns(json.dumps(bounce)), json.dumps(bounce), broken, sns(broken)]
    records = [
        {"messageId": str(n), "eventSource": "aws:sqs", "body": body, "attributes": {}}
        for n, body in enumerate(bodies)
    ]
    feedback.handler({"Records": records}, world.context)

    # The way back.
    entered = [("address", ADDRESSES["form"]), ("topics", "offers"), ("intent", "in")]
    now = time.time_ns() // 1_000_000  # the mail goes by the clock
    ask(resubscribe, "POST", "/subscribe", form=entered, at=now)
    ask(resubscribe, "POST", "/subscribe", form=[("address", ADDRESSES["garbage"] + "@")])
    post.deliver(world, "SUBSCRIBE_QUEUE_URL", send_confirmation.handler)
    confirm = post.link(post.sent()[-1])
    ask(resubscribe, "GET", confirm, headers=plain, at=now)
    ask(resubscribe, "POST", confirm, headers=plain, at=now)
    with post.suppression_list():
        post.deliver(world, "CONFIRMED_QUEUE_URL", follow_up.handler)
        post.deliver(world, "UNLIST_QUEUE_URL", unlist.handler)

    # What runs behind.
    ledger.handler(event(json.loads(json.dumps(stream.records))), world.context)
    place = {"SequenceNumber": "9", "x": ADDRESSES["garbage"]}
    broken_record = {**stream.records[0], "dynamodb": place}
    ledger.handler(event([broken_record]), world.context)
    purge.handler({}, world.context)
    seal.handler({}, world.context)
    reconcile.handler({}, world.context)
    return {
        "API key": key,
        "API key of another": second,
        "unsubscribe token": token,
        "preferences token": centre,
        "mailto token": mailto[0],
        "confirmation token": confirm.removeprefix("/c/"),
    }


def _stored(world: World) -> Iterator[tuple[str, bytes]]:
    """Everything that stands anywhere in the end, but queues: those are looked into below."""
    for table in (world.table, world.control, "Ledger"):
        for item in world.items(table):
            yield f"table {table}", repr(item).encode()
    s3 = boto3.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for each in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
            read = s3.get_object(Bucket=bucket["Name"], Key=each["Key"])["Body"].read()
            yield f"bucket {bucket['Name']}", each["Key"].encode() + b"\n" + read


@pytest.fixture
def stream(world: World) -> Recorder:
    return Recorder(aws.client("dynamodb"), world.table, NOW + 1_610)


def test_nothing_marked_stays_anywhere_but_in_transit(
    world: World,
    stream: Recorder,
    wire: Wire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)

    secrets = _drive(world, stream, monkeypatch)

    printed = capsys.readouterr()
    logs = [
        ("log", line.encode())
        for text in (printed.out, printed.err, caplog.text)
        for line in text.splitlines()
    ] + [("log", repr(vars(line)).encode()) for line in caplog.records]
    files = [(f"file {path}", path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()]
    written = [*_stored(world), *logs, *files]
    assert len(written) > 100, "nothing was searched"
    on_the_wire = [(f"{what} {where}".strip(), text) for (what, where), text in wire.requests]
    allowed = {f"{what} {where}".strip() for what, where in ALLOWED}

    for name, address in ADDRESSES.items():
        assert hits(address, written) == set(), name
        assert {place for place, _ in hits(address, on_the_wire)} <= allowed, name
    for name, secret in secrets.items():
        by_design = {("table Control", f"sha256 of {secret}")} if "key" in name else set()
        assert hits(secret, written) <= by_design, name
        found = {(place, form) for place, form in hits(secret, on_the_wire)}
        hashed = {place for place, form in found if form.startswith("sha256 of") and "key" in name}
        assert {place for place, _ in found} <= _LINKS.get(name, set()) | hashed, name
    seen = {place for a in ADDRESSES.values() for place, _ in hits(a, on_the_wire)}
    assert seen == allowed, "the canary went every way that is allowed"


# A link stands in the mail that carries it; and a mail that nobody understands is kept as it came.
_LINKS = {"confirmation token": {"SendEmail"}}


def test_the_canary_is_seen_in_every_encoding() -> None:
    for address in ADDRESSES.values():
        for name, form in forms(address).items():
            assert (("x", name)) in hits(address, [("x", b"..." + form.upper() + b"...")]), name
