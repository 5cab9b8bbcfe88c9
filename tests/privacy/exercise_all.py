"""Sends marked addresses through every route and every event of the template.

It records the routes and the events. A test compares them with the template, and fails if one is missing.
"""

from __future__ import annotations

import importlib
import json
import re
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

import pytest
import time_machine

from heed.domain.api_key import KeyScope
from heed.domain.jobs.job_report import JobCounts, JobReport, WordMeaning
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.jobs.report_work import report_preview
from tests.privacy.exercise_desk import exercise_desk
from tests.support import mailbox
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, ROOT, World, client, http_event, parts, restart, run_on
from tests.support.inbound_mailbox import notice_batch, store_mail
from tests.support.inbound_mails import MAILS, insert_tokens
from tests.support.job_machine import run_executions
from tests.support.ses_messages import ses_event, sns_envelope
from tests.support.stream_events import StreamRecorder, stream_event
from tests.support.webhook_receiver import WEBHOOK_SECRET, receiving_webhooks

FUNCTIONS: dict[str, ModuleType] = {
    path.parent.name: importlib.import_module(f"functions.{path.parent.name}.app")
    for path in sorted(ROOT.glob("functions/*/app.py"))
}
# One address for each way through the system. An address in the wrong place shows which way leaked it.
ADDRESSES = {
    "agent": "Canary7.Quetzal+one@example.com",
    "idn": "canary7.toucan@exämple.com",
    "bounce": "Canary7.Heron@example.com",
    "form": "canary7.Ibis@example.com",
    "minor": "canary7.Kiwi@example.com",
    "erased": "canary7.Lark@example.com",
    "note": "canary7.Martin@example.com",
    "token mail": "Canary7.Pelican@example.com",
    "opt-out": "canary7.Dipper@example.com",
    "forged": "canary7.Egret@example.com",
    "parent": "canary7.Fulmar@example.com",
    "child": "canary7.Gosling@example.com",
    "opt-in": "canary7.Hoopoe@example.com",
    "erasure": "canary7.Jacana@example.com",
    "question": "canary7.Knot@example.com",
    "virus": "canary7.Limpkin@example.com",
    "list": "canary7.Merlin@example.com",
    "no mail": "canary7.Oriole@example.com",
    "file": "canary7.Plover@example.com",
    "garbage": "canary7.Nightjar@example.com",
    "desk": "canary7.Quail@example.com",
}


class Drive:
    """Calls the functions of a deployed Heed, and records the calls.

    Attributes:
        routes: the folder of the function, the method and the path of each request.
        events: the folder of the function and the kind of each event, in the words of the template.
        mails: the number of mails so far.
        crashes: what Lambda logs for each function that raised an exception.
        secrets: the keys and the tokens in use, by name.
    """

    def __init__(self, world: World, stream: StreamRecorder) -> None:
        self.world, self.stream = world, stream
        self.routes: set[tuple[str, str, str]] = set()
        self.events: set[tuple[str, str]] = set()
        self.crashes: list[str] = []
        self.mails = 0
        _, key = parts().api_keys.create("canary", "officer 1", list(KeyScope))
        _, second = parts().api_keys.create("canary", "officer 2", list(KeyScope))
        _, third = parts().api_keys.create("canary", "max", [KeyScope.WRITE])
        self.secrets = {"API key": key, "API key of another": second, "API key of an agent": third}
        self.bearer = {"Authorization": f"Bearer {key}", "User-Agent": ADDRESSES["garbage"]}
        self.by_other = {"Authorization": f"Bearer {second}"}
        self.by_agent = {"Authorization": f"Bearer {third}"}
        # What people, their browsers and their programs send together with a link.
        self.plain = {
            "User-Agent": ADDRESSES["garbage"],
            "Sec-GPC": "1",
            "Cookie": ADDRESSES["garbage"],
            "Referer": f"https://mail.example.com/?to={ADDRESSES['garbage']}",
        }

    def request(self, function: str, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Sends a request. Returns the JSON of the response, or the response itself."""
        self.routes.add((function, method, path))
        text = None if body is None else body if isinstance(body, str) else json.dumps(body)
        more.setdefault("headers", self.bearer)
        response = self.call(function, http_event(method, path, body=text, **more))
        return json.loads(response["body"]) if response and response["body"][:1] == "{" else response

    def call(self, function: str, payload: dict[str, Any]) -> Any:
        """Calls a function with an event. If it raises an exception, records what Lambda logs."""
        try:
            return FUNCTIONS[function].handler(payload, self.world.context)
        except Exception:  # noqa: BLE001 - the test examines each exception
            self.crashes.append(traceback.format_exc())
            return None

    def queue(self, function: str, *bodies: str) -> None:
        """Sends messages of a queue to a function."""
        self.events.add((function, "SQS"))
        records = [
            {
                "messageId": str(n),
                "receiptHandle": "receipt",
                "eventSource": "aws:sqs",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(NOW)},
            }
            for n, body in enumerate(bodies)
        ]
        self.call(function, {"Records": records})

    def mail(
        self,
        name: str,
        text: str,
        event: str = "sender-authenticated",
        recipients: Iterable[str] = (),
        header: str = "Organization: none",
        raw: bytes = b"",
    ) -> None:
        """Receives a mail of one of the addresses, which has the address in each of its parts.

        Args:
            name: the name of the address.
            text: the new text.
            event: what SES found out about the mail.
            recipients: the recipients in the envelope.
            header: one more field of the header.
            raw: the mail itself, in place of all that.
        """
        address = ADDRESSES[name]
        mail = f"""From: "{address}" <{address}>
Subject: {address}
Message-ID: <{address}>
{header}
Content-Type: multipart/mixed; boundary=b

--b

{text}

-- 
{address}
--b
Content-Type: application/pdf; name="{address}"
Content-Disposition: attachment; filename="{address}"

{address}
--b--
""".encode()  # noqa: W291 - a signature begins with two hyphens and a space
        store_mail(raw or mail)
        now = Millis(time.time_ns() // 1_000_000)
        self.mails += 1
        batch = notice_batch(event, recipients, f"mail {self.mails}", address, now)
        self.queue("mailbox", batch["Records"][0]["body"])

    def deliver(self, function: str, queue: str) -> None:
        """Delivers the messages that wait in a queue to its function."""
        self.events.add((function, "SQS"))
        assert mailbox.deliver_messages(self.world, queue, FUNCTIONS[function].handler), f"{queue} is empty"

    def changes(self, function: str, records: list[dict[str, Any]]) -> None:
        """Sends records of the table's stream to a function."""
        self.events.add((function, "DynamoDB"))
        self.call(function, stream_event(json.loads(json.dumps(records))))

    def eventbridge(self, function: str, key: str) -> None:
        """Sends the event of an uploaded object to a function."""
        self.events.add((function, "EventBridgeRule"))
        detail = {"bucket": {"name": "bulk"}, "object": {"key": key}}
        self.call(function, {"source": "aws.s3", "detail-type": "Object Created", "detail": detail})

    def tick(self, function: str) -> None:
        """Sends the event of a schedule to a function."""
        self.events.add((function, "ScheduleV2"))
        self.call(function, {})


def exercise_all(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exercises each route and each event, with valid and with invalid input."""
    _exercise_platform(drive)
    _exercise_links(drive, monkeypatch)
    _exercise_agents(drive)
    _exercise_mailbox(drive)
    _exercise_cases(drive)
    _exercise_jobs(drive)
    _exercise_feedback(drive)
    _exercise_opt_in(drive)
    exercise_desk(drive, ADDRESSES["desk"])
    _exercise_streams_and_schedules(drive)
    _exercise_garbage(drive)


def _exercise_platform(drive: Drive) -> None:
    drive.request("platform", "GET", "/v1/topics")
    addresses = [ADDRESSES["agent"], ADDRESSES["idn"], f"{ADDRESSES['garbage']}@"]
    drive.request("platform", "POST", "/v1/check", {"topic": "offers", "addresses": addresses})
    body = {"topic": "offers", "addresses": addresses, "campaign": "spring"}
    link = drive.request("platform", "POST", "/v1/links", body)["links"][0]
    (mailto,) = re.findall(r"u\+([^@>]+)@", link["headers"]["List-Unsubscribe"])
    drive.secrets["mailto token"] = mailto
    drive.request("platform", "POST", "/v1/links", {**body, "campaign": ADDRESSES["garbage"]})
    drive.request("platform", "POST", "/v1/links", {**body, "refs": addresses})
    drive.request("platform", "GET", "/v1/suppressions", query={"cursor": ADDRESSES["garbage"]})
    drive.request("platform", "GET", "/v1/numbers", query={"by": ADDRESSES["garbage"]})
    drive.request("platform", "GET", f"/v1/{ADDRESSES['garbage']}")
    drive.request("platform", "GET", "/v1", headers=drive.plain)


def _exercise_links(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    world, plain = drive.world, drive.plain
    drive.secrets["unsubscribe token"] = token = world.token(ADDRESSES["agent"])
    centre = world.token(ADDRESSES["agent"], 1, purpose=TokenPurpose.PREFERENCES)
    drive.secrets["preferences token"] = centre
    everything_form = {"scope": "all", "why": ADDRESSES["note"]}  # the first press, so it has an Undo
    _exercise_done_page(drive, drive.request("unsubscribe", "POST", f"/u/{token}", form=everything_form))
    odd = {"c": ADDRESSES["garbage"], "r": token, "lang": "de"}
    for function, path in (("unsubscribe", f"/u/{token}"), ("preferences", f"/p/{centre}")):
        for method in ("GET", "HEAD"):
            drive.request(function, method, path, headers=plain, query=odd)
        drive.request(function, "GET", path + ADDRESSES["garbage"], headers=plain)
        glued = f"{path}/{ADDRESSES['garbage']}"
        for method in ("GET", "HEAD", "POST"):
            drive.request(function, method, glued, headers=plain)
        browser = {"sec-gpc": "1", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
        drive.request(function, "GET", glued, headers={**plain, **browser}, query=odd)
    drive.request("unsubscribe", "POST", f"/u/{token}", headers=plain, query=odd)
    form = {"topic.offers": "in", "pause": "30", "note": ADDRESSES["note"]}
    drive.request("preferences", "POST", f"/p/{centre}", form=form)
    documents = ("gpc.json", "dnt", "dnt/x", "heed-keys.json")
    for path in ("/policy.json", *(f"/.well-known/{document}" for document in documents)):
        drive.request("preferences", "GET", path, headers=plain, query=odd)
    drive.request("preferences", "GET", f"/{ADDRESSES['garbage']}", headers=plain)
    press, before = f"/u/{world.token(ADDRESSES['idn'])}", parts()
    restart(PREFERENCES_TABLE="absent")  # the table does not answer, so the press goes into a queue
    drive.request("unsubscribe", "POST", press, headers=plain)
    run_on(before)
    drive.deliver("opt_out_retry", "OPT_OUT_RETRY_QUEUE_URL")


def _exercise_done_page(drive: Drive, pressed: dict[str, Any]) -> None:
    """Opens the page after a press, also while the table does not answer, and takes the press back."""
    path, _, query = pressed["headers"]["Location"].partition("?")
    fields, before = dict(parse_qsl(query)), parts()
    assert fields["done"] != "1", "the press has an Undo"
    drive.secrets["undo token"] = fields["done"]
    drive.request("unsubscribe", "GET", path, headers=drive.plain, query=fields, at=NOW + 1)
    restart(PREFERENCES_TABLE="absent")
    drive.request("unsubscribe", "GET", path, headers=drive.plain, query=fields, at=NOW + 2)
    run_on(before)
    centre = f"/p/{drive.secrets['preferences token']}"
    drive.request("preferences", "POST", centre, form={"undo": fields["done"]}, at=NOW + 3)
    drive.request("unsubscribe", "GET", path, headers=drive.plain, query=fields, at=NOW + 4)


def _exercise_agents(drive: Drive) -> None:
    on_file = {"source": "letter", "reference": f"mail of {ADDRESSES['note']}"}
    why = {"reason": f"she is {ADDRESSES['note']}", "reference": "r"}
    for name in ("agent", "idn", "minor", "erased"):
        change = {"address": ADDRESSES[name], "scope": "offers", "state": "in", **on_file}
        drive.request("agents", "POST", "/v1/changes", {**change, "agent": ADDRESSES["note"]})
    with_key = {"address": f"{ADDRESSES['garbage']}@", "x": drive.secrets["API key"]}
    drive.request("agents", "POST", "/v1/changes", with_key)
    drive.request("agents", "POST", "/v1/changes", "{" + ADDRESSES["garbage"] + with_key["x"])
    drive.request("agents", "POST", "/v1/recipients/lookup", {"address": ADDRESSES["idn"]})
    reported = {"address": ADDRESSES["minor"], **on_file}
    minor = drive.request("agents", "POST", "/v1/minors", reported)
    erased = {"address": ADDRESSES["erased"], **on_file}
    drive.request("agents", "POST", "/v1/erasures", erased, at=NOW + 1)
    hold = {"address": ADDRESSES["agent"], "source": "letter", **why}
    drive.request("agents", "POST", "/v1/holds", hold)
    lift = {"address": ADDRESSES["minor"], "register": "minor", **why}
    drive.request("agents", "POST", "/v1/lifts", lift, at=NOW + 2)
    drive.request("agents", "POST", "/v1/lifts", lift, at=NOW + 3, headers=drive.by_other)
    drive.request("agents", "POST", "/v1/minors", reported, at=NOW + 4, headers=drive.by_agent)
    drive.request("agents", "POST", "/v1/lifts", lift, at=NOW + 5)  # waits for the second signature
    lift_hold = {**lift, "register": "hold", "address": ADDRESSES["agent"]}
    drive.request("agents", "POST", "/v1/lifts", lift_hold)
    drive.request("agents", "GET", f"/v1/purges/{minor['purge']}")
    drive.request("agents", "GET", f"/v1/purges/{ADDRESSES['garbage']}")
    drive.request("agents", "GET", "/v1/disclosures", query={"cursor": ADDRESSES["garbage"]})
    drive.request("agents", "GET", f"/v1/{ADDRESSES['garbage']}")


def _exercise_mailbox(drive: Drive) -> None:
    """Receives mails of each kind. The last ones become cases."""
    world = drive.world
    token = world.token(ADDRESSES["token mail"], purpose=TokenPurpose.MAILTO)
    drive.secrets["token of a mail"] = token
    link = world.token(ADDRESSES["bounce"])
    drive.secrets["link in a report"] = link
    for name in ("dsn-failed-with-our-mail", "arf-abuse-report"):
        report = (MAILS / "inbound" / f"{name}.eml").read_bytes()
        drive.mail("bounce", "", raw=insert_tokens(report, link, token))
    drive.mail("token mail", "unsubscribe", recipients=[f"u+{token}@mail.example.com"])
    drive.mail("virus", "unsubscribe", "virus")
    drive.mail("opt-out", "Please take me off your mailing list.")
    drive.mail("forged", "Please take me off your mailing list.", "dmarc-fail")
    drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    drive.mail("minor", "I am 11 years old and signed up without asking my parents.")
    drive.mail("note", "I want your newsletter again, please.")
    drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    drive.mail("parent", f"My daughter is 9 and signed up with {ADDRESSES['child']}.")
    drive.mail("opt-in", "I want your newsletter again, please.", "dmarc-gray")
    drive.mail("erasure", "Please erase all personal data that you hold about me.")
    drive.mail("question", "Is the blue one in stock?")
    drive.mail("list", "unsubscribe", header="List-Id: <" + ADDRESSES["list"] + ">")
    assert "auto-replied" in {sent["Auto-Submitted"] for sent in mailbox.sent_mails()}
    heed = parts()
    restart(FORWARD_TO="service@company.example")
    drive.mail("question", "Is the red one in stock, too?")
    assert mailbox.sent_mails()[-1]["X-Heed-Forwarded"] == "yes"
    run_on(heed)
    drive.mail("no mail", "", raw=ADDRESSES["no mail"].encode())  # the last one, because it stays


def _exercise_cases(drive: Drive) -> None:
    """Shows and decides the cases that the mails opened."""
    now = Millis(time.time_ns() // 1_000_000)
    drive.request("cases", "GET", "/v1/cases", query={"cursor": ADDRESSES["garbage"]})
    waiting = drive.request("cases", "GET", "/v1/cases", at=now)["cases"]
    decisions = {"opt-in": "confirmation", "child-report": "minor", "erasure": "erase"}
    assert {*decisions, "other", "opt-out-doubtful"} == {case["kind"] for case in waiting}
    for case in waiting:
        path = f"/v1/cases/{case['id']}"
        assert "canary7" in drive.request("cases", "GET", path, at=now)["text"].lower()
        drive.request("cases", "POST", path, {"decision": ADDRESSES["garbage"]}, at=now)
        ruling = {"decision": decisions.get(case["kind"], "none"), "reason": f"of {ADDRESSES['note']}"}
        decided = drive.request("cases", "POST", path, ruling, at=now)
        assert decided["state"] == "decided", decided
    drive.request("cases", "GET", f"/v1/cases/{ADDRESSES['garbage']}")
    drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    drive.tick("cases")


def _exercise_jobs(drive: Drive) -> None:
    now = Millis(time.time_ns() // 1_000_000)
    requested = {
        "reference": f"list of {ADDRESSES['note']}",
        "name": f"{ADDRESSES['garbage']} bounces.csv",
        "exported_at": "2026-03-01",
    }
    job = drive.request("jobs", "POST", "/v1/imports", requested, at=now)["job"]
    drive.request("jobs", "POST", "/v1/imports", {**requested, "topics": {ADDRESSES["garbage"]: "news"}})
    drive.request("jobs", "POST", "/v1/scrubs", {"topic": "offers", "column": ADDRESSES["garbage"]})
    drive.request("jobs", "POST", "/v1/snapshots", {"purpose": ADDRESSES["garbage"]})
    drive.request("jobs", "GET", "/v1/jobs", query={"cursor": ADDRESSES["garbage"]})
    drive.request("jobs", "POST", "/v1/snapshots", {"days": 7}, at=now)
    row = f"email\n{ADDRESSES['file']}\n".encode()
    client("s3").put_object(Bucket="bulk", Key=f"{job}/upload", Body=row)  # as the caller does
    drive.eventbridge("jobs", f"{job}/upload")
    drive.eventbridge("jobs", f"{ADDRESSES['garbage']}/upload")
    words = {ADDRESSES["file"]: WordMeaning("unsubscribed", 1), "Bounced": WordMeaning("undeliverable", 1)}
    report = JobReport(counts=JobCounts(applied=2), meanings=words)
    with outside_handlers():
        report_preview(job, report, 1_000, now, parts().jobs, parts().disclosures)
    shown = drive.request("jobs", "GET", f"/v1/jobs/{job}", at=now)
    assert set(shown["meanings"]) == {"Bounced", "…"}
    drive.request("jobs", "GET", f"/v1/jobs/{ADDRESSES['garbage']}")
    for command in ("commit", "cancel", ADDRESSES["garbage"]):
        drive.request("jobs", "POST", f"/v1/jobs/{job}", {command: True}, at=now)
    _exercise_import(drive, now)
    _exercise_scrub(drive, now)
    with time_machine.travel((now + DAY_MS) / 1_000 + 600, tick=False):
        drive.tick("jobs")  # deletes the files of all jobs
    drive.request("jobs", "POST", "/v1/scrubs", {"topic": "offers"})  # a job that may have a file


def _exercise_import(drive: Drive, now: Millis) -> None:
    """Imports a file whose every cell, also its header, may be an address."""
    address = ADDRESSES["file"]
    requested = {"reference": f"list of {address}", "columns": {"address": "email"}, "as": "unsubscribed"}
    for header in ("email", address):
        created = drive.request(
            "jobs", "POST", "/v1/imports", {**requested, "exported_at": "2026-03-01"}, at=now
        )
        row = f'{header},note\n{address},{address}\n={address}@,{address}\n"{address}\n'.encode()
        client("s3").put_object(Bucket="bulk", Key=f"{created['job']}/upload", Body=row)
        drive.eventbridge("jobs", f"{created['job']}/upload")
        runs = run_executions()
        for headers in (drive.bearer, drive.by_other):
            drive.request(
                "jobs", "POST", f"/v1/jobs/{created['job']}", {"commit": True}, headers=headers, at=now
            )
        runs += run_executions()
        steps = json.dumps([[run.inputs, run.answers] for run in runs])
        assert "canary7" not in steps.lower(), "Step Functions keeps what its steps get and answer"
        shown = drive.request("jobs", "GET", f"/v1/jobs/{created['job']}", at=now)
        assert shown["state"] == ("done" if header == "email" else "failed"), shown


def _exercise_scrub(drive: Drive, now: Millis) -> None:
    """Scrubs a file with addresses where they belong, and in other cells and the header."""
    address = ADDRESSES["file"]
    for content in (f"email,note\n{address},{address}\n", f'{{"email": "{address}", "{address}": 1}}'):
        created = drive.request("jobs", "POST", "/v1/scrubs", {"topic": "offers", "links": True}, at=now)
        client("s3").put_object(Bucket="bulk", Key=f"{created['job']}/upload", Body=content.encode())
        drive.eventbridge("jobs", f"{created['job']}/upload")
        steps = json.dumps([[run.inputs, run.answers] for run in run_executions()])
        assert "canary7" not in steps.lower(), "Step Functions keeps what its steps get and answer"
        shown = drive.request("jobs", "GET", f"/v1/jobs/{created['job']}", at=now)
        assert (shown["state"], shown["counts"]["invalid"]) == ("done", 0)


def _exercise_feedback(drive: Drive) -> None:
    bounced = [{"emailAddress": f"Heron <{ADDRESSES['bounce']}>", "diagnosticCode": ADDRESSES["note"]}]
    bounce = ses_event(
        "event-bounce-permanent-general",
        bounce__bouncedRecipients=bounced,
        mail__destination=[ADDRESSES["bounce"]],
    )
    broken = "not json " + ADDRESSES["garbage"]
    drive.queue(
        "feedback", sns_envelope(json.dumps(bounce)), json.dumps(bounce), broken, sns_envelope(broken)
    )


def _exercise_opt_in(drive: Drive) -> None:
    now = time.time_ns() // 1_000_000  # the mail functions use the real clock
    entered = [("address", ADDRESSES["form"]), ("topics", "offers"), ("intent", "in")]
    for method in ("GET", "HEAD"):
        odd = {"intent": ADDRESSES["garbage"]}
        drive.request("resubscribe", method, "/subscribe", headers=drive.plain, query=odd)
    drive.request("resubscribe", "POST", "/subscribe", form=entered, at=now)
    drive.request("resubscribe", "POST", "/subscribe", form=[("address", f"{ADDRESSES['garbage']}@")])
    drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    confirm = mailbox.link_path(mailbox.sent_mails()[-1])
    drive.secrets["confirmation token"] = confirm.removeprefix("/c/")
    for method in ("GET", "HEAD", "POST", "GET"):
        drive.request("resubscribe", method, confirm, headers=drive.plain, at=now)
    with mailbox.fake_ses_list():
        drive.deliver("after_confirmation", "CONFIRMED_OPT_INS_QUEUE_URL")
        drive.deliver("ses_list", "SES_LIST_QUEUE_URL")
    leaving = [("address", ADDRESSES["form"]), ("intent", "out")]
    drive.request("resubscribe", "POST", "/subscribe", form=leaving, at=now)
    drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    # From a server, with the address in each place in which a caller could put it.
    requested = {"address": ADDRESSES["idn"], "intent": "in", "topics": ["offers"], "lang": "de-AT"}
    drive.request("platform", "POST", "/v1/subscriptions", requested, at=now)
    misplaced = {"address": f"{ADDRESSES['garbage']}@", "topics": [ADDRESSES["note"]], "intent": "maybe"}
    drive.request("platform", "POST", "/v1/subscriptions", {**misplaced, "lang": ADDRESSES["garbage"]})
    drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    # These requests exceed the cap of the network: the last one waits, and the schedule processes it.
    entered = [("address", ADDRESSES["note"]), ("topics", "offers"), ("intent", "in")]
    for _ in range(parts().config.confirmations_per_network):
        drive.request("resubscribe", "POST", "/subscribe", form=entered, at=now)
        drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    drive.tick("send_confirmation")


@contextmanager
def _published_events() -> Iterator[list[str]]:
    """Collects the events that are published in the block, as the rule of the bus delivers them."""
    events: list[str] = []

    def hear(params: dict[str, Any], **_: object) -> None:
        for entry in params["Entries"]:
            event = {"source": entry["Source"], "detail-type": entry["DetailType"]}
            events.append(json.dumps({**event, "detail": json.loads(entry["Detail"])}))

    hooks = parts().client("events").meta.events
    hooks.register("before-parameter-build.events.PutEvents", hear, unique_id="numbers")
    yield events
    hooks.unregister("before-parameter-build.events.PutEvents", unique_id="numbers")


def _exercise_streams_and_schedules(drive: Drive) -> None:
    with _published_events() as events:
        drive.changes("ledger", drive.stream.records)
    drive.queue("numbers", *events)
    _exercise_webhooks(drive, events)
    drive.changes("purge", drive.stream.records)
    drive.tick("purge")
    with time_machine.travel((NOW + 2 * DAY_MS) / 1_000):
        drive.tick("seal")  # until the real day it would seal hundreds of days
    drive.tick("reconcile")


def _exercise_webhooks(drive: Drive, events: list[str]) -> None:
    """Delivers the events to a system that refuses the first of them."""
    client("secretsmanager").create_secret(Name="webhook", SecretString=WEBHOOK_SECRET)
    with receiving_webhooks() as receiver:
        receiver.answers = [500]
        restart(WEBHOOK_URL=receiver.url)
        drive.queue("webhook", *events)
    drive.secrets["webhook secret"] = WEBHOOK_SECRET


def _exercise_garbage(drive: Drive) -> None:
    """Sends input that no function understands, with an address in it. A crash must not reveal it either."""
    odd = ADDRESSES["garbage"]
    change = {"SequenceNumber": "9", "x": odd}
    drive.changes("ledger", [{**drive.stream.records[0], "dynamodb": change}])
    image = {"purge": {"S": odd}, "f": {"N": odd}, "soft": odd}
    broken = {"SequenceNumber": "9", "NewImage": image, "Keys": {"id": {"S": odd}}}
    drive.changes("purge", [{**drive.stream.records[0], "dynamodb": broken}])
    for function in (
        "opt_out_retry",
        "send_confirmation",
        "after_confirmation",
        "ses_list",
        "numbers",
        "webhook",
    ):
        for body in (odd, json.dumps({"address": [odd], odd: odd}), json.dumps([odd])):
            drive.queue(function, body)
    for function, kind in sorted(FUNCTIONS.items()):
        if hasattr(kind, "api") or hasattr(kind, "app"):
            drive.call(function, {"rawPath": odd, "requestContext": {odd: odd}, odd: odd})
