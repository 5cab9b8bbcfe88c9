"""A request that a cap holds back waits in a queue. Its mail is sent when there is room."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import boto3
import pytest

from functions.resubscribe import app as resubscribe
from functions.send_confirmation import app
from heed.adapters.dynamodb.mail_caps import MailCapsTable
from heed.domain.errors import MailNotSent
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import CONFIRMATION_LIFETIME, Intent
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import ALL_SCOPES, HOLD, Change, Entry, Source
from heed.use_cases.ports.privacy import PurgedPerson
from tests.functions.conftest import Clock
from tests.support import mailbox
from tests.support.deployment import World, http_event, parts, restart
from tests.support.full import is_full
from tests.support.registers import confirmed, out, scope_numbers

MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR


def limit_caps(
    monkeypatch: pytest.MonkeyPatch, per_network: int | None = None, per_day: int | None = None
) -> None:
    caps = {"NETWORK": per_network, "DAY": per_day}
    restart(**{f"CONFIRMATIONS_PER_{name}": str(cap) for name, cap in caps.items() if cap is not None})


def request_mail(
    world: World,
    clock: Clock,
    name: str,
    intent: str = "out",
    source: str = "192.0.2.77",
    topic: str = "offers",
    **more: Any,
) -> int:
    """Posts the form and runs the queued request; returns the status code of the answer."""
    form = [("address", f"{name}@example.com"), ("topics", topic), ("intent", intent)]
    event = http_event(
        "POST",
        "/subscribe",
        form=form,
        at=clock.now,
        source_ip=source,
        request_id=f"{len(name)}-{hash((name, intent, topic, clock.now)):x}",
        **more,
    )
    status = int(resubscribe.handler(event, world.context)["statusCode"])
    mailbox.deliver_messages(world, "CONFIRMATION_REQUESTS_QUEUE_URL", app.handler)
    return status


def sweep(world: World) -> dict[str, Any]:
    """Runs a sweep of the waiting queue; messages that the last sweep hid are visible again."""
    mailbox.make_messages_visible("WAITING_QUEUE_URL")
    answer: dict[str, Any] = app.handler({}, world.context)
    return answer


def mailed_names() -> list[str]:
    """Returns the local parts of the addresses that got a mail, in order."""
    return [mail["To"].partition("@")[0] for mail in mailbox.sent_mails()]


# ---- The cap of a network


@pytest.mark.threat(
    "A1",
    "The 21st opt-out request from one network in a day is answered 202, but the person never gets a mail.",
    "The cap of opt-outs is ten times higher. Requests above it wait, and their mails are sent later.",
)
def test_24_opt_out_requests_from_one_network_all_get_a_mail(world: World, clock: Clock) -> None:
    assert [request_mail(world, clock, f"a{number}") for number in range(24)] == [202] * 24
    assert len(mailed_names()) == 24


def test_an_opt_in_request_above_the_network_cap_gets_its_mail_the_same_day(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_network=4)
    assert [request_mail(world, clock, f"a{number}", "in") for number in range(6)] == [202] * 6
    assert len(mailed_names()) == 4
    assert sweep(world) == {"done": 0, "left": 2, "longest_wait_seconds": 0}
    clock.now += DAY // 4
    assert sweep(world)["done"] == 1
    clock.now += DAY // 4
    assert sweep(world) == {"done": 1, "left": 0, "longest_wait_seconds": 0}
    assert sorted(mailed_names()) == [f"a{number}" for number in range(6)]


def test_a_request_that_must_wait_more_than_two_days_for_its_network_is_rejected(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_network=1)
    statuses = [request_mail(world, clock, f"a{number}", "in") for number in range(5)]
    assert statuses == [202, 202, 202, 503, 503], "one is sent now, two within two days"
    assert request_mail(world, clock, "b", "in", source="198.51.100.1") == 202, "another network"
    assert request_mail(world, clock, "c", "out") == 202, "an opt-out"
    for _ in range(2):
        clock.now += DAY
        sweep(world)
    assert sorted(mailed_names()) == ["a0", "a1", "a2", "b", "c"]


def test_a_rejected_request_gets_a_retry_after_header(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_network=1)
    for number in range(3):
        request_mail(world, clock, f"a{number}", "in")
    form = [("address", "x@example.com"), ("topics", "offers"), ("intent", "in")]
    event = http_event("POST", "/subscribe", form=form, at=clock.now)
    answer = resubscribe.handler(event, world.context)
    assert answer["statusCode"] == 503 and answer["headers"]["Retry-After"] == "3600"
    assert "a very large number of requests" in answer["body"] and "didn’t respond" not in answer["body"]
    assert 'href="mailto:preferences@example.com' in answer["body"], "the page offers the other ways"


@pytest.mark.threat(
    "T6",
    "An attacker requests mails for an address to learn from the answers whether Heed knows the address.",
    "The answer, its status and the AWS calls are the same for every address, above and below the cap.",
)
def test_a_rejection_is_identical_for_known_and_unknown_addresses(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_network=1)
    world.apply_changes("held@example.com", Change(HOLD, Entry(Millis(5), Source.AGENT, "{}")))
    world.apply_changes("known@example.com", Change(out(ALL_SCOPES), Entry(Millis(5), Source.LINK, "{}")))
    for number in range(3):
        request_mail(world, clock, f"a{number}", "in")
    answers, calls = [], []
    for name in ("held", "known", "nobody", "a1"):
        new_calls = mailbox.record_aws_calls()
        form = [("address", f"{name}@example.com"), ("topics", "offers"), ("intent", "in")]
        event = http_event("POST", "/subscribe", form=form, at=clock.now)
        answers.append(resubscribe.handler(event, world.context))
        calls.append(list(new_calls))
    assert answers == [answers[0]] * 4 and answers[0]["statusCode"] == 503
    assert calls == [calls[0]] * 4


def test_only_a_trusted_proxy_can_name_the_client_network(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart(TRUSTED_PROXIES="10.0.0.0/8,2001:db8::/32")
    limit_caps(monkeypatch, per_network=1)
    for number in range(5):
        forged = {"X-Forwarded-For": f"1.1.{number}.1, 198.51.{number}.1, 10.0.0.1"}
        assert request_mail(world, clock, f"a{number}", "in", source="10.0.0.1", headers=forged) == 202
    assert len(mailed_names()) == 5, "each network behind the proxy has its own cap"
    for number in range(5):
        forged = {"X-Forwarded-For": f"198.51.{number}.1, 203.0.113.9"}
        request_mail(world, clock, f"b{number}", "in", source="203.0.113.9", headers=forged)
    assert len(mailed_names()) == 6, "without the proxy the header has no effect"


# ---- The daily cap


@pytest.mark.threat(
    "T18",
    "A flood from many networks uses all confirmation mails of a day, and later requests are lost.",
    "Each accepted request waits until midnight UTC. Opt-outs are sent first, and networks take turns.",
)
def test_requests_above_the_daily_cap_are_sent_the_next_day_opt_outs_first(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_day=3)
    assert [request_mail(world, clock, f"full{number}", "in") for number in range(3)] == [202] * 3
    clock.now += 1
    requests = [("f1", "in", 1), ("f2", "in", 1), ("f3", "in", 1), ("g1", "in", 2), ("o1", "out", 1)]
    for name, intent, net in requests:
        clock.now += 1
        assert request_mail(world, clock, name, intent, source=f"198.51.{net}.1") == 202
    assert sweep(world)["left"] == 5 and len(mailed_names()) == 3
    clock.now += DAY - HOUR
    assert sweep(world)["done"] == 3
    assert mailed_names()[3:] == ["o1", "f1", "g1"]
    clock.now += DAY
    assert sweep(world)["left"] == 0
    assert mailed_names()[6:] == ["f2", "f3"]


def test_a_new_request_is_sent_after_requests_that_already_wait(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_day=1)
    for name in ("a", "b"):
        request_mail(world, clock, name)
    clock.now += DAY - HOUR - MINUTE
    sweep(world)
    clock.now += MINUTE
    clock.now += 1  # a new day, before the first sweep
    request_mail(world, clock, "c")
    assert mailed_names() == ["a"]
    sweep(world)
    assert mailed_names() == ["a", "b"]
    clock.now += DAY
    sweep(world)
    assert mailed_names() == ["a", "b", "c"]
    clock.now += DAY
    request_mail(world, clock, "d")
    assert mailed_names() == ["a", "b", "c", "d"], "the queue is empty, so the mail is sent at once"


def test_a_request_that_must_wait_more_than_two_days_for_the_daily_cap_is_rejected(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_day=1)
    statuses = []
    for number in range(5):
        statuses.append(request_mail(world, clock, f"a{number}", source=f"198.51.{number}.1"))
        parts().waiting_queue._counted = None  # the queue caches its length for some seconds
    assert statuses == [202, 202, 202, 503, 503], "one is sent now, two within two days"


def test_the_queue_length_is_read_at_most_once_in_ten_seconds(world: World) -> None:
    now = [0.0]
    queue = type(parts().waiting_queue)(
        parts().client("sqs"), world.queues["WAITING_QUEUE_URL"], lambda: now[0]
    )
    calls = mailbox.record_aws_calls(("sqs",))
    assert queue.count() == 0
    queue.send("x")
    now[0] = 9.9
    assert queue.count() == 0
    now[0] = 10.0
    assert queue.count() == 1
    assert Counter(calls)["GetQueueAttributes"] == 2


def test_half_of_the_daily_cap_and_a_wait_of_a_day_are_logged(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    limit_caps(monkeypatch, per_day=2)
    half = "half of the day's confirmation mails are sent"
    waited = "a confirmation mail has waited for a day"

    def warnings() -> set[str]:
        lines = [json.loads(line)["message"] for line in log.getvalue().splitlines()]
        log.seek(0), log.truncate()
        return set(lines) - {"waiting queue swept"}

    sweep(world)
    assert warnings() == set()
    request_mail(world, clock, "a")
    sweep(world)
    assert warnings() == {half}
    for name in ("b", "c"):
        request_mail(world, clock, name)
    assert warnings() == {"a confirmation mail waits for room"}

    world.context.milliseconds_left = 0  # a sweep that has no time to send
    clock.now += DAY - 1
    sweep(world)
    assert waited not in warnings()
    clock.now += 1
    world.context.milliseconds_left = 60_000
    monkeypatch.setattr(type(parts().send_waiting_confirmations), "_serve", lambda *_: (set(), True))
    sweep(world)
    assert warnings() == {waited}


# ---- The link in the mail


def test_a_link_is_valid_for_48_hours_from_its_mail_and_counts_from_the_request(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_network=1)
    requested_at = clock.now
    for name in ("a", "b", "c"):
        request_mail(world, clock, name, "in")
    assert mailed_names() == ["a"]
    for _ in range(2):
        clock.now += DAY
        sweep(world)
    late_link = mailbox.link_path(mailbox.sent_mails()[2])
    pressed_at = clock.now + CONFIRMATION_LIFETIME - 1
    answer = resubscribe.handler(http_event("POST", late_link, at=pressed_at), world.context)
    assert answer["statusCode"] == 303
    (item,) = world.items()
    assert item["k:2"]["M"]["t"] == {"N": str(requested_at)}, "an opt-out after the request stays active"
    expired = http_event("GET", late_link, at=clock.now + CONFIRMATION_LIFETIME + HOUR)
    assert resubscribe.handler(expired, world.context)["statusCode"] == 410
    first_link = http_event(
        "GET", mailbox.link_path(mailbox.sent_mails()[0]), at=requested_at + CONFIRMATION_LIFETIME
    )
    assert resubscribe.handler(first_link, world.context)["statusCode"] == 410


def test_a_mail_that_waited_for_both_caps_has_a_valid_link(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_network=1, per_day=2)
    requested_at = clock.now
    for name in ("a", "b", "c"):
        request_mail(world, clock, name, "in")
    clock.now += 2 * DAY - MINUTE
    sweep(world)
    for number, name in enumerate("de"):  # the day is full when the network has room for c
        request_mail(world, clock, name, source=f"198.51.{number}.1")
    clock.now += MINUTE
    sweep(world)
    assert "c" not in mailed_names()
    clock.now = requested_at + 3 * DAY
    sweep(world)
    late_mail = mailbox.sent_mails()[mailed_names().index("c")]
    pressed = http_event("POST", mailbox.link_path(late_mail), at=clock.now + CONFIRMATION_LIFETIME - 1)
    assert resubscribe.handler(pressed, world.context)["statusCode"] == 303


def test_a_hold_or_an_opt_out_during_the_wait_counts(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_network=1)
    for name in ("a", "b", "c"):
        request_mail(world, clock, name, "in")
    world.apply_changes("b@example.com", Change(HOLD, Entry(Millis(clock.now + 1), Source.AGENT, "{}")))
    opt_out = Change(out(ALL_SCOPES), Entry(Millis(clock.now + 1), Source.LINK, "{}"))
    world.apply_changes("c@example.com", opt_out)
    for _ in range(2):
        clock.now += DAY
        sweep(world)
    assert mailed_names() == ["a", "c"], "an address on hold gets no mail"
    press = http_event("POST", mailbox.link_path(mailbox.sent_mails()[1]), at=clock.now + 1)
    resubscribe.handler(press, world.context)
    record = parts().preferences.read(world.recipient("c@example.com"))
    assert not decide(record, parts().catalogue.topic_by_name("offers"), Millis(clock.now + 2)).sendable


@pytest.mark.system
@pytest.mark.threat(
    "W1",
    "An attacker floods one person by requests for victim+1@, victim+2@ and v.ictim@, with three mails each.",
    "The cap counts per mailbox: the local part up to the first +, without dots, in every domain.",
)
def test_one_mailbox_gets_three_mails_a_day_in_all_spellings(world: World, clock: Clock) -> None:
    """With `--full` three days, otherwise one."""
    spellings = ["victim", "victim+1", "v.ictim+2", "vi.ctim", "vic.tim", "vict.im", "v.i.ctim"]
    days = 3 if is_full() else 1
    spellings = spellings[: 2 * days + 2]
    for number, name in enumerate(spellings):
        source = f"198.51.{number}.1"
        assert request_mail(world, clock, name, source=source) == 202, "the answer does not reveal the cap"
    times: list[int] = []
    for _ in range((days * DAY + 20 * MINUTE) // (5 * MINUTE)):
        sweep(world)
        times += [clock.now] * (len(mailed_names()) - len(times))
        clock.now += 5 * MINUTE
    assert sorted(mailed_names()) == sorted(spellings), "no request is dropped"
    assert all(later - first >= 10 * MINUTE for first, later in pairwise(times))
    assert all(fourth - first >= DAY for first, fourth in zip(times, times[3:], strict=False))


@pytest.mark.threat(
    "W1",
    "An attacker uses the mails of m.ary@. Then mary@ requests an opt-out, gets 202, but never gets a mail.",
    "A request is dropped only if its address has the same mail already. Others wait for three days.",
)
@pytest.mark.parametrize("intent", Intent)
def test_a_second_address_of_a_flooded_mailbox_still_gets_its_mail(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, intent: Intent
) -> None:
    for _ in range(3):
        request_mail(world, clock, "mary.smith", intent, source="198.51.1.1")
        sweep(world)
        clock.now += 11 * MINUTE
        sweep(world)
    assert mailed_names() == ["mary.smith"] * 3
    assert request_mail(world, clock, "marysmith", intent) == 202
    assert sweep(world)["left"] == 1
    clock.now += DAY
    request_mail(
        world, clock, "mary.smith", intent, source="198.51.1.1"
    )  # a newer request waits behind the older one
    assert sweep(world) == {"done": 1, "left": 1, "longest_wait_seconds": 0}
    assert mailed_names()[3:] == ["marysmith"]
    press = http_event(
        "POST", mailbox.link_path(mailbox.sent_mails()[3]), at=clock.now + CONFIRMATION_LIFETIME - 1
    )
    assert resubscribe.handler(press, world.context)["statusCode"] == 303


@pytest.mark.parametrize("intent", Intent)
def test_a_request_for_another_topic_gets_its_own_mail(world: World, clock: Clock, intent: Intent) -> None:
    assert request_mail(world, clock, "a", intent, topic="news") == 202
    clock.now += MINUTE
    assert request_mail(world, clock, "a", intent, topic="offers") == 202
    clock.now += 9 * MINUTE - 1
    assert sweep(world)["left"] == 1 and mailed_names() == ["a"]
    clock.now += 1
    assert sweep(world)["left"] == 0 and mailed_names() == ["a", "a"]
    for mail in mailbox.sent_mails():
        resubscribe.handler(http_event("POST", mailbox.link_path(mail), at=clock.now + 1), world.context)
    record = parts().preferences.read(world.recipient("a@example.com"))
    for topic in ("news", "offers"):
        register = (out if intent is Intent.OUT else confirmed)(parts().catalogue.scope_number(topic))
        assert record.get(register) is not None


def test_a_duplicate_request_gets_no_second_mail(world: World, clock: Clock) -> None:
    for _ in range(3):
        assert request_mail(world, clock, "a") == 202
        clock.now += MINUTE
    assert mailed_names() == ["a"] and sweep(world)["left"] == 0


def test_a_mail_whose_link_has_no_effect_now_is_sent_again(world: World, clock: Clock) -> None:
    request_mail(world, clock, "a")
    resubscribe.handler(
        http_event("POST", mailbox.link_path(mailbox.sent_mails()[0]), at=clock.now), world.context
    )
    clock.now += MINUTE
    opt_in = Change(
        confirmed(parts().catalogue.scope_number("offers")), Entry(Millis(clock.now), Source.LINK, "{}")
    )
    world.apply_changes("a@example.com", opt_in)
    clock.now += MINUTE
    request_mail(world, clock, "a")
    assert sweep(world)["left"] == 1, "the first link would have no effect now"
    clock.now += 8 * MINUTE
    assert sweep(world)["left"] == 0
    press = http_event("POST", mailbox.link_path(mailbox.sent_mails()[1]), at=clock.now)
    assert resubscribe.handler(press, world.context)["statusCode"] == 303
    record = parts().preferences.read(world.recipient("a@example.com"))
    assert not decide(record, parts().catalogue.topic_by_name("offers"), Millis(clock.now)).sendable


def test_requests_for_a_full_mailbox_do_not_delay_others_and_are_tried_once(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_mail(world, clock, "m.ary")
    flood = [f"ma.ry+{number}" for number in range(9)]
    queue_requests(world, clock, *flood, "b")
    attempts: list[str] = []
    original = type(parts().send_confirmation_now).__call__

    def spy(self: Any, request: ConfirmationRequest, now: Millis, *, in_turn: bool) -> Any:
        attempts.append(request.address)
        return original(self, request, now, in_turn=in_turn)

    monkeypatch.setattr(type(parts().send_confirmation_now), "__call__", spy)
    assert sweep(world)["left"] == 9
    assert mailed_names() == ["m.ary", "b"] and len(attempts) == 2
    clock.now += MINUTE
    request_mail(world, clock, "c")
    assert mailed_names()[2:] == ["c"], "no request waits for the daily cap, so the mail is sent at once"


@pytest.mark.threat(
    "W1",
    "An attacker requests mails for one mailbox in so many spellings that they fill the waiting queue.",
    "A request expires if its mailbox is still full after three days. `ConfirmationExpired` counts it.",
)
def test_a_request_expires_and_is_counted_if_its_mailbox_is_full_for_three_days(
    world: World, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    start = clock.now
    queue_requests(world, clock, *(f"ma.ry+{number}" for number in range(12)))
    for day in range(3):
        for minutes in (0, 10, 20):
            clock.now = start + day * DAY + minutes * MINUTE
            sweep(world)
    clock.now = start + 3 * DAY - 2 * MINUTE
    assert sweep(world)["left"] == 3 and "ConfirmationExpired" not in capsys.readouterr().out
    clock.now = start + 3 * DAY
    assert sweep(world)["left"] == 0
    assert '"ConfirmationExpired":[2.0]' in capsys.readouterr().out
    assert len(mailed_names()) == 10, "three mails on each of three days, and one when a place became free"


def test_a_request_never_expires_because_the_days_are_full(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_caps(monkeypatch, per_day=1)
    queue_requests(world, clock, "a", "b", "c", "d", "e")
    for _ in range(5):
        sweep(world)
        clock.now += DAY
    assert mailed_names() == ["a", "b", "c", "d", "e"]


def test_a_purge_deletes_the_counts_of_one_address_of_a_mailbox(world: World, clock: Clock) -> None:
    for name, source in (("vic.tim+1", "198.51.1.1"), ("victim", "198.51.2.1")):
        request_mail(world, clock, name, source=source)
        clock.now += 15 * MINUTE
    assert len(mailed_names()) == 2
    store = MailCapsTable(parts().client("dynamodb"), "Control")
    person = PurgedPerson(world.recipient("vic.tim+1@example.com"), "")
    assert store.clear(person) == 1 and store.clear(person) == 0
    remaining = json.dumps(world.items("Control"))
    assert world.recipient("vic.tim+1@example.com") not in remaining
    assert not any("#out#" in item["pk"]["S"] and "attempts" in item for item in world.items("Control"))


# ---- Failures


def queue_requests(world: World, clock: Clock, *names: str) -> list[ConfirmationRequest]:
    """Puts requests directly into the waiting queue; they are due now."""
    requests = [
        ConfirmationRequest(
            f"r {name}",
            f"{name}@example.com",
            Intent.OUT,
            (),
            "en",
            Millis(clock.now - MINUTE + number),
            "https://prefs.example.com",
            f"192.0.{number}.0/24",
        )
        for number, name in enumerate(names)
    ]
    for request in requests:
        parts().waiting_queue.send(request.to_message())
    return requests


def test_a_crash_between_mail_and_delete_sends_no_second_mail(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_requests(world, clock, "a", "b")

    class Killed(BaseException):
        pass

    def die(_: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(parts().waiting_queue, "delete", die)
        with pytest.raises(Killed):
            sweep(world)
    assert mailed_names() == ["a"]
    assert sweep(world)["left"] == 0 and mailed_names() == ["a", "b"]


def test_a_message_that_is_queued_twice_is_one_mail(world: World, clock: Clock) -> None:
    (request,) = queue_requests(world, clock, "a")
    parts().waiting_queue.send(request.to_message())
    assert sweep(world)["left"] == 0 and mailed_names() == ["a"]


def test_a_request_that_cannot_be_queued_is_retried(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["WAITING_QUEUE_URL"])
    request = replace(make_request(clock), due=Millis(clock.now + 1))
    record = {"messageId": "m", "body": request.to_message()}
    answer = app.handler({"Records": [record]}, world.context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}


def make_request(clock: Clock) -> ConfirmationRequest:
    return ConfirmationRequest(
        "r", "a@example.com", Intent.OUT, (), "en", Millis(clock.now), "https://prefs.example.com", ""
    )


def test_a_failed_or_unreadable_request_does_not_delay_others(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    parts().waiting_queue.send("not a confirmation request")
    queue_requests(world, clock, "a", "b", "c")
    send = parts().send_confirmation_now.mailer.send

    def fail_for_a(address: str, recipient: str, message: bytes) -> None:
        if address.startswith("a@"):
            raise MailNotSent("slow down")
        send(address, recipient, message)

    with monkeypatch.context() as patch:
        patch.setattr(parts().send_confirmation_now.mailer, "send", fail_for_a)
        assert sweep(world)["done"] == 2
    assert sorted(mailed_names()) == ["b", "c"]
    assert '"errors":{"MailNotSent":1}' in log.getvalue()
    assert world.messages("CONFIRMATION_REQUESTS_DLQ_URL") == ["not a confirmation request"]
    sweep(world)
    assert sorted(mailed_names()) == ["a", "b", "c"]


def test_a_request_for_an_unknown_topic_is_dead_lettered(world: World, clock: Clock) -> None:
    request = replace(
        make_request(clock), intent=Intent.IN, scopes=scope_numbers(999), at=Millis(clock.now - MINUTE)
    )
    parts().waiting_queue.send(request.to_message())
    assert sweep(world)["left"] == 0 and mailed_names() == []
    assert world.messages("CONFIRMATION_REQUESTS_DLQ_URL") == [request.to_message()]


def test_a_message_that_cannot_be_dead_lettered_stays_in_the_queue(world: World, clock: Clock) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["CONFIRMATION_REQUESTS_DLQ_URL"])
    parts().waiting_queue.send("not a confirmation request")
    sweep(world)
    mailbox.make_messages_visible("WAITING_QUEUE_URL")
    assert world.messages("WAITING_QUEUE_URL") == ["not a confirmation request"]


@pytest.mark.parametrize(
    "invalid_fields",
    [{"due": "soon"}, {"due": None}, {"due": -1}, {"at": 10**30}, {"at": "x"}, {"at": True}],
    ids=str,
)
def test_a_message_with_an_invalid_time_does_not_delay_others(
    world: World, clock: Clock, invalid_fields: dict[str, Any]
) -> None:
    (valid,) = queue_requests(world, clock, "a")
    body = json.loads(valid.to_message()) | {"id": "r2", "address": "b@example.com"} | invalid_fields
    parts().waiting_queue.send(json.dumps(body))
    sweep(world)
    assert mailed_names() == ["a"]


def test_a_message_of_the_previous_release_is_read(world: World, clock: Clock) -> None:
    body = json.loads(make_request(clock).to_message())
    del body["due"]
    record = {"messageId": "m", "body": json.dumps(body)}
    assert app.handler({"Records": [record]}, world.context) == {"batchItemFailures": []}
    assert mailed_names() == ["a"]


def test_a_sweep_without_time_sends_nothing_and_loses_nothing(world: World, clock: Clock) -> None:
    queue_requests(world, clock, "a")
    world.context.milliseconds_left = 1_000
    sweep(world)
    assert mailed_names() == []
    world.context.milliseconds_left = 60_000
    sweep(world)
    assert mailed_names() == ["a"]


def test_a_waiting_request_leaves_no_address_in_logs_or_tables(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    limit_caps(monkeypatch, per_network=1)
    for name in ("first", "second", "third"):
        request_mail(world, clock, name, "in")
    sweep(world)
    stored = log.getvalue() + json.dumps(world.items("Control"))
    for part in ("first", "second@", "third@", "example.com", "192.0.2"):
        assert part not in stored
