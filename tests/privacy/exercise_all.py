"""Marked addresses, driven through every route and every event of the template.

Which routes and events were driven is kept, so that a test can hold it against the template: what is new
there is driven here too, or the test fails.
"""

from __future__ import annotations

import importlib
import json
import re
import time
import traceback
from types import ModuleType
from typing import Any

import pytest

from heed.domain.api_key import KeyScope
from heed.domain.links.link_token import TokenPurpose
from tests.support import mailbox
from tests.support.deployment import NOW, ROOT, World, http, parts, restart, run_on
from tests.support.ses_messages import ses, sns
from tests.support.stream_events import Recorder, event

FUNCTIONS: dict[str, ModuleType] = {
    path.parent.name: importlib.import_module(f"functions.{path.parent.name}.app")
    for path in sorted(ROOT.glob("functions/*/app.py"))
}
# Of each way through the system one; what each stands in shows which way it leaked.
ADDRESSES = {
    "agent": "Canary7.Quetzal+one@example.com",
    "idn": "canary7.toucan@exämple.com",
    "bounce": "Canary7.Heron@example.com",
    "form": "canary7.Ibis@example.com",
    "minor": "canary7.Kiwi@example.com",
    "erased": "canary7.Lark@example.com",
    "note": "canary7.Martin@example.com",
    "garbage": "canary7.Nightjar@example.com",
}


class Drive:
    """What is done with a deployed Heed.

    Attributes:
        routes: method and path of every request, by the folder of the function.
        events: the kinds of events, as the template calls them, by the folder of the function.
        crashes: what Lambda would log of a function that raised.
        secrets: keys and tokens that were used, by name.
    """

    def __init__(self, world: World, stream: Recorder) -> None:
        self.world, self.stream = world, stream
        self.routes: set[tuple[str, str, str]] = set()
        self.events: set[tuple[str, str]] = set()
        self.crashes: list[str] = []
        _, key = parts().api_keys.create("canary", "kim", list(KeyScope))
        _, second = parts().api_keys.create("canary", "lou", list(KeyScope))
        _, third = parts().api_keys.create("canary", "max", [KeyScope.WRITE])
        self.secrets = {"API key": key, "API key of another": second, "API key of an agent": third}
        self.bearer = {"Authorization": f"Bearer {key}", "User-Agent": ADDRESSES["garbage"]}
        self.by_other = {"Authorization": f"Bearer {second}"}
        self.by_agent = {"Authorization": f"Bearer {third}"}
        # What people, their browsers and their programs put beside a link.
        self.plain = {
            "User-Agent": ADDRESSES["garbage"],
            "Sec-GPC": "1",
            "Cookie": ADDRESSES["garbage"],
            "Referer": f"https://mail.example.com/?to={ADDRESSES['garbage']}",
        }

    def ask(self, function: str, method: str, path: str, body: object = None, **more: Any) -> Any:
        """A request; of JSON what it says."""
        self.routes.add((function, method, path))
        text = None if body is None else body if isinstance(body, str) else json.dumps(body)
        more.setdefault("headers", self.bearer)
        answer = self.call(function, http(method, path, body=text, **more))
        return json.loads(answer["body"]) if answer and answer["body"][:1] == "{" else answer

    def call(self, function: str, told: dict[str, Any]) -> Any:
        """An event; a function that raises leaves what Lambda writes of it into the log."""
        try:
            return FUNCTIONS[function].handler(told, self.world.context)
        except Exception:  # noqa: BLE001 - whatever it is: that is what is looked into
            self.crashes.append(traceback.format_exc())
            return None

    def queue(self, function: str, *bodies: str) -> None:
        """Messages of a queue."""
        self.events.add((function, "SQS"))
        records = [
            {"messageId": str(n), "eventSource": "aws:sqs", "body": body, "attributes": {}}
            for n, body in enumerate(bodies)
        ]
        self.call(function, {"Records": records})

    def deliver(self, function: str, queue: str) -> None:
        """What waits in a queue, to its reader."""
        self.events.add((function, "SQS"))
        assert mailbox.deliver(self.world, queue, FUNCTIONS[function].handler), f"{queue} is empty"

    def changes(self, function: str, records: list[dict[str, Any]]) -> None:
        """Records of the table's stream."""
        self.events.add((function, "DynamoDB"))
        self.call(function, event(json.loads(json.dumps(records))))

    def tick(self, function: str) -> None:
        """What a schedule sends."""
        self.events.add((function, "ScheduleV2"))
        self.call(function, {})


def everything(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every route and every event, with what is well and what is not."""
    _platform(drive)
    _links(drive, monkeypatch)
    _agents(drive)
    _feedback(drive)
    _way_back(drive)
    _behind(drive)
    _garbage(drive)


def _platform(drive: Drive) -> None:
    drive.ask("platform", "GET", "/v1/topics")
    some = [ADDRESSES["agent"], ADDRESSES["idn"], f"{ADDRESSES['garbage']}@"]
    drive.ask("platform", "POST", "/v1/check", {"topic": "offers", "addresses": some})
    asked = {"topic": "offers", "addresses": some, "campaign": "spring"}
    link = drive.ask("platform", "POST", "/v1/links", asked)["links"][0]
    (mailto,) = re.findall(r"u\+([^@>]+)@", link["headers"]["List-Unsubscribe"])
    drive.secrets["mailto token"] = mailto
    drive.ask("platform", "GET", "/v1/suppressions", query={"cursor": ADDRESSES["garbage"]})
    drive.ask("platform", "GET", f"/v1/{ADDRESSES['garbage']}")
    drive.ask("platform", "GET", "/v1", headers=drive.plain)


def _links(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    world, plain = drive.world, drive.plain
    drive.secrets["unsubscribe token"] = token = world.token(ADDRESSES["agent"])
    centre = world.token(ADDRESSES["agent"], 1, purpose=TokenPurpose.PREFERENCES)
    drive.secrets["preferences token"] = centre
    odd = {"c": ADDRESSES["garbage"], "lang": "de"}
    for function, where in (("unsubscribe", f"/u/{token}"), ("preferences", f"/p/{centre}")):
        for method in ("GET", "HEAD"):
            drive.ask(function, method, where, headers=plain, query=odd)
        drive.ask(function, "GET", where + ADDRESSES["garbage"], headers=plain)
        glued = f"{where}/{ADDRESSES['garbage']}"
        for method in ("GET", "HEAD", "POST"):
            drive.ask(function, method, glued, headers=plain)
        browser = {"sec-gpc": "1", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
        drive.ask(function, "GET", glued, headers={**plain, **browser}, query=odd)
    drive.ask("unsubscribe", "POST", f"/u/{token}", headers=plain, query=odd)
    all_of_it = {"scope": "all", "why": ADDRESSES["note"]}
    drive.ask("unsubscribe", "POST", f"/u/{token}", form=all_of_it)
    form = {"topic.offers": "in", "pause": "30", "note": ADDRESSES["note"]}
    drive.ask("preferences", "POST", f"/p/{centre}", form=form)
    for path in ("/.well-known/gpc.json", "/.well-known/dnt", "/.well-known/dnt/x", "/policy.json"):
        drive.ask("preferences", "GET", path, headers=plain, query=odd)
    drive.ask("preferences", "GET", f"/{ADDRESSES['garbage']}", headers=plain)
    press, before = f"/u/{world.token(ADDRESSES['idn'])}", parts()
    restart(PREFERENCES_TABLE="absent")  # the table does not answer: the press waits in a queue
    drive.ask("unsubscribe", "POST", press, headers=plain)
    run_on(before)
    drive.deliver("opt_out_retry", "OPT_OUT_RETRY_QUEUE_URL")


def _agents(drive: Drive) -> None:
    on_file = {"source": "letter", "reference": f"mail of {ADDRESSES['note']}"}
    why = {"reason": f"she is {ADDRESSES['note']}", "reference": "r"}
    for name in ("agent", "idn", "minor", "erased"):
        change = {"address": ADDRESSES[name], "scope": "offers", "state": "in", **on_file}
        drive.ask("agents", "POST", "/v1/changes", {**change, "agent": ADDRESSES["note"]})
    of_key = {"address": f"{ADDRESSES['garbage']}@", "x": drive.secrets["API key"]}
    drive.ask("agents", "POST", "/v1/changes", of_key)
    drive.ask("agents", "POST", "/v1/changes", "{" + ADDRESSES["garbage"] + of_key["x"])
    drive.ask("agents", "POST", "/v1/recipients/lookup", {"address": ADDRESSES["idn"]})
    reported = {"address": ADDRESSES["minor"], **on_file}
    minor = drive.ask("agents", "POST", "/v1/minors", reported)
    erased = {"address": ADDRESSES["erased"], **on_file}
    drive.ask("agents", "POST", "/v1/erasures", erased, at=NOW + 1)
    held = {"address": ADDRESSES["agent"], "source": "letter", **why}
    drive.ask("agents", "POST", "/v1/holds", held)
    lift = {"address": ADDRESSES["minor"], "register": "minor", **why}
    drive.ask("agents", "POST", "/v1/lifts", lift, at=NOW + 2)
    drive.ask("agents", "POST", "/v1/lifts", lift, at=NOW + 3, headers=drive.by_other)
    drive.ask("agents", "POST", "/v1/minors", reported, at=NOW + 4, headers=drive.by_agent)
    drive.ask("agents", "POST", "/v1/lifts", lift, at=NOW + 5)  # and waits for the other
    of_hold = {**lift, "register": "hold", "address": ADDRESSES["agent"]}
    drive.ask("agents", "POST", "/v1/lifts", of_hold)
    drive.ask("agents", "GET", f"/v1/purges/{minor['purge']}")
    drive.ask("agents", "GET", f"/v1/purges/{ADDRESSES['garbage']}")
    drive.ask("agents", "GET", "/v1/disclosures", query={"cursor": ADDRESSES["garbage"]})
    drive.ask("agents", "GET", f"/v1/{ADDRESSES['garbage']}")


def _feedback(drive: Drive) -> None:
    bounced = [{"emailAddress": f"Heron <{ADDRESSES['bounce']}>", "diagnosticCode": ADDRESSES["note"]}]
    bounce = ses(
        "event-bounce-permanent-general",
        bounce__bouncedRecipients=bounced,
        mail__destination=[ADDRESSES["bounce"]],
    )
    broken = "not json " + ADDRESSES["garbage"]
    drive.queue("feedback", sns(json.dumps(bounce)), json.dumps(bounce), broken, sns(broken))


def _way_back(drive: Drive) -> None:
    now = time.time_ns() // 1_000_000  # the mail goes by the clock
    entered = [("address", ADDRESSES["form"]), ("topics", "offers"), ("intent", "in")]
    for method in ("GET", "HEAD"):
        odd = {"intent": ADDRESSES["garbage"]}
        drive.ask("resubscribe", method, "/subscribe", headers=drive.plain, query=odd)
    drive.ask("resubscribe", "POST", "/subscribe", form=entered, at=now)
    drive.ask("resubscribe", "POST", "/subscribe", form=[("address", f"{ADDRESSES['garbage']}@")])
    drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    confirm = mailbox.link(mailbox.sent()[-1])
    drive.secrets["confirmation token"] = confirm.removeprefix("/c/")
    for method in ("GET", "HEAD", "POST"):
        drive.ask("resubscribe", method, confirm, headers=drive.plain, at=now)
    with mailbox.suppression_list():
        drive.deliver("after_confirmation", "CONFIRMED_OPT_INS_QUEUE_URL")
        drive.deliver("ses_list", "SES_LIST_QUEUE_URL")
    leaving = [("address", ADDRESSES["form"]), ("intent", "out")]
    drive.ask("resubscribe", "POST", "/subscribe", form=leaving, at=now)
    drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    # More than the network may cause at once: the last of them waits, and is looked at.
    entered = [("address", ADDRESSES["note"]), ("topics", "offers"), ("intent", "in")]
    for _ in range(parts().config.confirmations_per_network):
        drive.ask("resubscribe", "POST", "/subscribe", form=entered, at=now)
        drive.deliver("send_confirmation", "CONFIRMATION_REQUESTS_QUEUE_URL")
    drive.tick("send_confirmation")


def _behind(drive: Drive) -> None:
    drive.changes("ledger", drive.stream.records)
    drive.changes("purge", drive.stream.records)
    for function in ("purge", "seal", "reconcile"):
        drive.tick(function)


def _garbage(drive: Drive) -> None:
    """What none of them can make out, with an address in it: a crash must not tell of it either."""
    odd = ADDRESSES["garbage"]
    place = {"SequenceNumber": "9", "x": odd}
    drive.changes("ledger", [{**drive.stream.records[0], "dynamodb": place}])
    image = {"purge": {"S": odd}, "f": {"N": odd}, "soft": odd}
    broken = {"SequenceNumber": "9", "NewImage": image, "Keys": {"id": {"S": odd}}}
    drive.changes("purge", [{**drive.stream.records[0], "dynamodb": broken}])
    for function in ("opt_out_retry", "send_confirmation", "after_confirmation", "ses_list"):
        for body in (odd, json.dumps({"address": [odd], odd: odd}), json.dumps([odd])):
            drive.queue(function, body)
    for function, kind in sorted(FUNCTIONS.items()):
        if hasattr(kind, "api") or hasattr(kind, "app"):
            drive.call(function, {"rawPath": odd, "requestContext": {odd: odd}, odd: odd})
