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
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from tests.privacy.canary import forms, hits
from tests.privacy.exercise_all import ADDRESSES, Drive, everything
from tests.privacy.inventory import CONTROL
from tests.support.deployment import NOW, World, parts
from tests.support.iam_policies import FUNCTIONS as DEPLOYED
from tests.support.stream_events import Recorder

pytestmark = pytest.mark.system  # it drives all there is

# The calls of AWS that may carry an address, with the queue that they go to: as what of the table in
# docs/privacy.md (tests.privacy.transit).
ALLOWED = {
    ("SendMessage", "FEEDBACK_DLQ_URL"): "FeedbackDeadLetters",
    ("SendMessage", "CONFIRMATION_REQUESTS_QUEUE_URL"): "ConfirmationRequestsQueue",
    ("SendMessage", "WAITING_QUEUE_URL"): "WaitingQueue",
    ("SendMessage", "OPT_IN_NOTIFICATIONS_QUEUE_URL"): "OptInNotificationsQueue",
    ("SendEmail", ""): "the confirmation mail, which SES delivers",
    ("DeleteSuppressedDestination", ""): "SES's own suppression list",
    ("Encrypt", ""): "a confirmation link",
}
# What is none of ours, and was put into a queue by somebody else, goes on as it came.
_AS_IT_CAME = {f"SendMessage {queue}_DLQ_URL" for queue in ("LATER", "SUBSCRIBE", "CONFIRMED", "UNLIST")}
# A link stands in the mail that carries it.
_LINKS = {"confirmation token": {"SendEmail"}}


class Wire:
    """Every request that the functions make to AWS, by what it is and where it goes."""

    def __init__(self, world: World) -> None:
        self.requests: list[tuple[tuple[str, str], bytes]] = []
        self._names = {url: name for name, url in world.queues.items()}
        for service in ("dynamodb", "sqs", "kms", "sesv2", "s3", "events"):
            for client in (parts().client(service), parts().client(service, once=True)):
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

    def texts(self) -> list[tuple[str, bytes]]:
        """What was sent, by a name for what and where to."""
        return [(f"{what} {where}".strip(), text) for (what, where), text in self.requests]


def stored(world: World) -> Iterator[tuple[str, bytes]]:
    """Everything that stands anywhere in the end, but queues: of those the wire tells."""
    for table in (world.table, world.control, "Ledger"):
        for item in world.items(table):
            yield f"table {table}", repr(item).encode()
    s3 = boto3.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for each in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
            read = s3.get_object(Bucket=bucket["Name"], Key=each["Key"])["Body"].read()
            yield f"bucket {bucket['Name']}", each["Key"].encode() + b"\n" + read


class Driven:
    """A Heed that everything was done with, and all that was written meanwhile."""

    def __init__(self, drive: Drive, wire: Wire, written: list[tuple[str, bytes]]) -> None:
        self.drive, self.wire, self.written = drive, wire, written


@pytest.fixture
def driven(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Driven:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    world.context.left = 300_000
    wire = Wire(world)
    drive = Drive(world, Recorder(parts().client("dynamodb"), world.table, NOW + 1_610))
    everything(drive, monkeypatch)
    printed = capsys.readouterr()  # log lines and metrics
    texts = (printed.out, printed.err, caplog.text, *drive.crashes)
    logs = [("log", line.encode()) for text in texts for line in text.splitlines()]
    logs += [("log", repr(vars(line)).encode()) for line in caplog.records]
    files = [(f"file {path}", path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()]
    return Driven(drive, wire, [*stored(world), *logs, *files])


def test_nothing_marked_stays_anywhere_but_in_transit(driven: Driven) -> None:
    assert len(driven.written) > 100, "nothing was searched"
    on_the_wire = driven.wire.texts()
    allowed = {f"{what} {where}".strip() for what, where in ALLOWED}
    seen: set[str] = set()
    for name, address in ADDRESSES.items():
        assert hits(address, driven.written) == set(), name
        places = {place for place, _ in hits(address, on_the_wire)}
        places -= _AS_IT_CAME if name == "garbage" else set()
        assert places <= allowed, name
        seen |= places
    assert seen == allowed, "the canary went every way that is allowed"
    for name, secret in driven.drive.secrets.items():
        by_design = {("table Control", f"sha256 of {secret}")} if "key" in name else set()
        assert hits(secret, driven.written) <= by_design, name
        found = hits(secret, on_the_wire)
        hashed = {place for place, form in found if form.startswith("sha256 of") and "key" in name}
        assert {place for place, _ in found} <= _LINKS.get(name, set()) | hashed, name


def test_every_route_and_every_event_of_the_template_was_driven(driven: Driven) -> None:
    for name, function in DEPLOYED.items():
        folder = function["CodeUri"].removeprefix("functions/")
        for source in function.get("Events", {}).values():
            if source["Type"] == "HttpApi":
                assert _was_asked(driven.drive, folder, source["Properties"]), (name, source)
            else:
                assert (folder, source["Type"]) in driven.drive.events, (name, source)


def _was_asked(drive: Drive, folder: str, route: dict[str, Any]) -> bool:
    """Whether some request of the drive is one of this route, or of the one that takes all others."""
    written = re.escape(route.get("Path", "/{path+}"))
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.sub(r"\\{\w+\\\+\\}", ".+", written))
    method = route.get("Method", "ANY")
    return any(
        function == folder and method in (way, "ANY") and re.fullmatch(pattern, path)
        for function, way, path in drive.routes
    )


def test_the_rows_that_were_written_are_those_of_the_inventory(driven: Driven) -> None:
    """A kind of row that nobody thought of in a purge would stand here."""
    world, seen = driven.drive.world, set()
    for item in world.items(world.control):
        key = item["pk"]["S"]
        (rows,) = [rows for rows in CONTROL if key.startswith(rows.prefix)]
        seen.add(rows.prefix)
    # The walk of the reconciler came to the end, and stands nowhere.
    assert seen == {rows.prefix for rows in CONTROL}


def test_the_canary_is_seen_in_every_encoding() -> None:
    for address in ADDRESSES.values():
        for name, form in forms(address).items():
            assert (("x", name)) in hits(address, [("x", b"..." + form.upper() + b"...")]), name
