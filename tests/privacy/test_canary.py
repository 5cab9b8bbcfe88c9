"""No store and no log keeps an address, a link or an API key.

The test sends marked addresses, links and keys through every route and event. Then it searches all output
for them, raw and in nine encodings. The search covers the stores at the end and each request to AWS by any
function, so it also finds data that existed only for a moment. It allows only the places in docs/privacy.md.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from functions.desk.app import desk
from heed.entrypoints.http.paths import is_path_of_route
from tests.privacy.canary import forms, hits
from tests.privacy.exercise_all import ADDRESSES, Drive, exercise_all
from tests.privacy.inventory import CONTROL
from tests.support.deployment import NOW, World, parts
from tests.support.iam_policies import FUNCTIONS as DEPLOYED
from tests.support.stream_events import StreamRecorder

pytestmark = pytest.mark.system  # it exercises the whole system

# The calls of AWS, with the queue, that may carry an address, and the place in the table of docs/privacy.md
# (tests.privacy.transit).
ALLOWED = {
    ("SendMessage", "FEEDBACK_DLQ_URL"): "FeedbackDeadLetters",
    ("SendMessage", "CONFIRMATION_REQUESTS_QUEUE_URL"): "ConfirmationRequestsQueue",
    ("SendMessage", "WAITING_QUEUE_URL"): "WaitingQueue",
    ("SendMessage", "OPT_IN_NOTIFICATIONS_QUEUE_URL"): "OptInNotificationsQueue",
    ("SendMessage", "MAILBOX_DLQ_URL"): "MailboxDeadLetters",
    ("PutObject", "cases/"): "MailboxBucket",
    ("PutObject", "work/"): "BulkBucket",
    ("PutObject", "results/"): "BulkBucket",
    ("SendEmail", ""): "the confirmation mail, which SES delivers",
    ("DeleteSuppressedDestination", ""): "SES's own suppression list",
    ("Encrypt", ""): "a confirmation link",
}
# A foreign message in a queue moves to the dead-letter queue unchanged.
_UNCHANGED = {
    f"SendMessage {queue}_DLQ_URL"
    for queue in ("OPT_OUT_RETRY", "CONFIRMATION_REQUESTS", "CONFIRMED_OPT_INS", "SES_LIST", "NUMBERS")
}
# A person looks at a mail that nobody can parse. The bucket deletes it after 14 days.
_KEPT = {"no mail": {"bucket mailbox"}}
# A confirmation mail has a confirmation link.
_LINKS = {"confirmation token": {"SendEmail"}}


class RequestRecorder:
    """Records each request of the functions to AWS, by operation and queue, or prefix of the bucket."""

    def __init__(self, world: World) -> None:
        self.requests: list[tuple[tuple[str, str], bytes]] = []
        self._names = {url: name for name, url in world.queues.items()}
        self._names |= {f"/{folder}": folder for folder in ("cases/", "work/", "results/")}
        for service in ("dynamodb", "sqs", "kms", "sesv2", "s3", "events"):
            for client in (parts().client(service), parts().client(service, once=True)):
                client.meta.events.register_first("before-call.*.*", self._before)

    def _before(self, model: Any, params: dict[str, Any], **_: Any) -> AWSResponse | None:
        body = params["body"]
        if hasattr(body, "read"):
            body = body.read()
            params["body"].seek(0)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        text += params["url_path"].encode() + json.dumps(params["query_string"]).encode()
        queue = next((name for url, name in self._names.items() if url.encode() in text), "")
        # Requests encode blobs as base64. The content of the blobs is searched too.
        for blob in re.findall(rb'"([A-Za-z0-9+/]{24,}={0,2})"', text):
            with suppress(binascii.Error):
                text += b"\n" + base64.b64decode(blob + b"=" * (-len(blob) % 4))
        self.requests.append(((model.name, queue), text))
        return None

    def texts(self) -> list[tuple[str, bytes]]:
        """Returns the text of each request, with a name of its operation and queue."""
        return [(f"{operation} {queue}".strip(), text) for (operation, queue), text in self.requests]


def stored(world: World) -> Iterator[tuple[str, bytes]]:
    """Yields the content of all stores, without queues. The recorded requests cover the queues."""
    for table in (world.table, world.control, "Ledger"):
        for item in world.items(table):
            yield f"table {table}", repr(item).encode()
    s3 = boto3.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
            content = s3.get_object(Bucket=bucket["Name"], Key=entry["Key"])["Body"].read()
            yield f"bucket {bucket['Name']}", entry["Key"].encode() + b"\n" + content


@dataclass(frozen=True)
class ExercisedSystem:
    """A Heed after all routes and events were exercised, with all its output."""

    drive: Drive
    requests: RequestRecorder
    output: list[tuple[str, bytes]]
    control_keys: list[str]


_exercised: list[ExercisedSystem] = []


@pytest.fixture
def exercised(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> ExercisedSystem:
    """Exercises the system once for all tests of this module. They only read the result."""
    if _exercised:
        return _exercised[0]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    world.context.milliseconds_left = 300_000
    requests = RequestRecorder(world)
    drive = Drive(world, StreamRecorder(parts().client("dynamodb"), world.table, NOW + 1_610))
    exercise_all(drive, monkeypatch)
    printed = capsys.readouterr()  # log lines and metrics
    texts = (printed.out, printed.err, caplog.text, *drive.crashes)
    logs = [("log", line.encode()) for text in texts for line in text.splitlines()]
    logs += [("log", repr(vars(line)).encode()) for line in caplog.records]
    files = [(f"file {path}", path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()]
    control_keys = [item["pk"]["S"] for item in world.items(world.control)]
    _exercised.append(ExercisedSystem(drive, requests, [*stored(world), *logs, *files], control_keys))
    return _exercised[0]


def test_no_store_or_log_keeps_a_marked_secret(exercised: ExercisedSystem) -> None:
    assert len(exercised.output) > 100, "the search covers too little output"
    in_requests = exercised.requests.texts()
    allowed = {f"{operation} {queue}".strip() for operation, queue in ALLOWED}
    seen: set[str] = set()
    for name, address in ADDRESSES.items():
        stores = {place for place, _ in hits(address, exercised.output)}
        assert stores == _KEPT.get(name, set()), name
        places = {place for place, _ in hits(address, in_requests)}
        places -= _UNCHANGED if name == "garbage" else set()
        assert places <= allowed, name
        seen |= places
    assert seen == allowed, "the addresses pass through all allowed places"
    for name, secret in exercised.drive.secrets.items():
        is_hashed = "key" in name or "session" in name
        by_design = {("table Control", f"sha256 of {secret}")} if is_hashed else set()
        assert hits(secret, exercised.output) <= by_design, name
        hits_in_requests = hits(secret, in_requests)
        digests = {place for place, form in hits_in_requests if form.startswith("sha256 of") and is_hashed}
        assert {place for place, _ in hits_in_requests} <= _LINKS.get(name, set()) | digests, name


def test_the_canary_exercises_every_route_and_every_event_of_the_template(exercised: ExercisedSystem) -> None:
    for name, function in DEPLOYED.items():
        folder = function["CodeUri"].removeprefix("functions/")
        for source in function.get("Events", {}).values():
            if source["Type"] == "HttpApi":
                assert _is_exercised(exercised.drive, folder, source["Properties"]), (name, source)
            else:
                assert (folder, source["Type"]) in exercised.drive.events, (name, source)


def _is_exercised(drive: Drive, folder: str, route: dict[str, Any]) -> bool:
    """Returns whether some request matches this route."""
    path_template = re.escape(route.get("Path", "/{path+}"))
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.sub(r"\\{\w+\\\+\\}", ".+", path_template))
    method = route.get("Method", "ANY")
    return any(
        function == folder and method in (request_method, "ANY") and re.fullmatch(pattern, path)
        for function, request_method, path in drive.routes
    )


def test_the_canary_exercises_every_route_of_the_desk_as_somebody_who_may(exercised: ExercisedSystem) -> None:
    """The template has one route for all pages of the desk."""
    sent = [(method, path) for function, method, path in exercised.drive.routes if function == "desk"]
    missing = [
        (method, page)
        for method, page in desk.access
        if not any(method == sent_method and is_path_of_route(page, path) for sent_method, path in sent)
    ]
    assert desk.access
    assert not missing


def test_the_functions_write_exactly_the_kinds_of_rows_in_the_inventory(exercised: ExercisedSystem) -> None:
    """This finds a kind of row that no purge clears."""
    seen = set()
    for key in exercised.control_keys:
        (rows,) = [rows for rows in CONTROL if key.startswith(rows.prefix)]
        seen.add(rows.prefix)
    # The scan of the reconciler has finished, but its row remains.
    assert seen == {rows.prefix for rows in CONTROL}


def test_the_search_finds_a_secret_in_each_encoding() -> None:
    for address in ADDRESSES.values():
        for name, form in forms(address).items():
            assert (("x", name)) in hits(address, [("x", b"..." + form.upper() + b"...")]), name
