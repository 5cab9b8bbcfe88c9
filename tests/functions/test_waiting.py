"""The 21st of a network: what a cap holds back waits, turn by turn, and nothing that got a 202 is dropped."""

from __future__ import annotations

import io
import json
import time
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
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import CONFIRMATION_LIFETIME, Intent
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import ALL_SCOPES, HOLD, Change, Entry, Source
from heed.use_cases.ports.privacy import PurgeSubject
from tests.support import mailbox
from tests.support.deployment import World, http, parts, restart
from tests.support.registers import out, scope_numbers, yes

MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR


class Clock:
    """The function's clock, which the tests set."""

    def __init__(self, now: int) -> None:
        self.now = now

    def time_ns(self) -> int:
        return self.now * 1_000_000


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A while after midnight, so that some hours more are the same day."""
    world.context.left = 60_000
    made = Clock((time.time_ns() // 1_000_000 // DAY) * DAY + HOUR)
    monkeypatch.setattr(app, "time", made)
    return made


def limited(
    monkeypatch: pytest.MonkeyPatch, per_network: int | None = None, per_day: int | None = None
) -> None:
    caps = {"NETWORK": per_network, "DAY": per_day}
    restart(**{f"CONFIRMATIONS_PER_{name}": str(n) for name, n in caps.items() if n is not None})


def ask(
    world: World,
    clock: Clock,
    name: str,
    intent: str = "out",
    source: str = "192.0.2.77",
    topic: str = "offers",
    **more: Any,
) -> int:
    """What `/subscribe` answers; where it says 202, the request was handed to the function."""
    form = [("address", f"{name}@example.com"), ("topics", topic), ("intent", intent)]
    told = http(
        "POST",
        "/subscribe",
        form=form,
        at=clock.now,
        source_ip=source,
        request_id=f"{len(name)}-{hash((name, intent, topic, clock.now)):x}",
        **more,
    )
    status = int(resubscribe.handler(told, world.context)["statusCode"])
    mailbox.deliver(world, "CONFIRMATION_REQUESTS_QUEUE_URL", app.handler)
    return status


def look(world: World) -> dict[str, Any]:
    """A look at the line; what the one before left is there again."""
    mailbox.show_again("WAITING_QUEUE_URL")
    answer: dict[str, Any] = app.handler({}, world.context)
    return answer


def mailed() -> list[str]:
    return [mail["To"].partition("@")[0] for mail in mailbox.sent()]


# ---- A network


@pytest.mark.threat(
    "A1",
    "The 21st who asks to be let out from one network in a day is answered 202 and never gets a mail.",
    "The way out has ten times as many mails; what is beyond waits for a time of its own and is sent then.",
)
def test_everybody_in_an_office_gets_out(world: World, clock: Clock) -> None:
    assert [ask(world, clock, f"a{n}") for n in range(24)] == [202] * 24
    assert len(mailed()) == 24


def test_who_wants_in_beyond_the_cap_waits_and_gets_a_mail_that_day(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_network=4)
    assert [ask(world, clock, f"a{n}", "in") for n in range(6)] == [202] * 6
    assert len(mailed()) == 4
    assert look(world) == {"done": 0, "left": 2, "longest_wait_seconds": 0}
    clock.now += DAY // 4
    assert look(world)["done"] == 1
    clock.now += DAY // 4
    assert look(world) == {"done": 1, "left": 0, "longest_wait_seconds": 0}
    assert sorted(mailed()) == [f"a{n}" for n in range(6)]


def test_what_cannot_be_sent_within_two_days_is_not_accepted(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_network=1)
    statuses = [ask(world, clock, f"a{n}", "in") for n in range(5)]
    assert statuses == [202, 202, 202, 503, 503], "one at once, two in two days"
    assert ask(world, clock, "b", "in", source="198.51.100.1") == 202, "another network"
    assert ask(world, clock, "c", "out") == 202, "the way out"
    for _ in range(2):
        clock.now += DAY
        look(world)
    assert sorted(mailed()) == ["a0", "a1", "a2", "b", "c"]


def test_a_refusal_says_when_to_come_again(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_network=1)
    for n in range(3):
        ask(world, clock, f"a{n}", "in")
    form = [("address", "x@example.com"), ("topics", "offers"), ("intent", "in")]
    told = http("POST", "/subscribe", form=form, at=clock.now)
    answer = resubscribe.handler(told, world.context)
    assert answer["statusCode"] == 503 and answer["headers"]["Retry-After"] == "3600"
    assert "Very many people are asking" in answer["body"] and "did not answer" not in answer["body"]
    assert 'href="mailto:preferences@example.com' in answer["body"], "the other ways"


@pytest.mark.threat(
    "T6",
    "Somebody asks for an address again and again to learn from the answers whether it is known here.",
    "The answer, its status and the calls made are the same for everybody, with room and without.",
)
def test_without_room_the_answer_is_the_same_whoever_it_is(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_network=1)
    world.put("held@example.com", Change(HOLD, Entry(5, Source.AGENT, "{}")))
    world.put("known@example.com", Change(out(ALL_SCOPES), Entry(5, Source.LINK, "{}")))
    for n in range(3):
        ask(world, clock, f"a{n}", "in")
    answers, calls = [], []
    for name in ("held", "known", "nobody", "a1"):
        made = mailbox.calls()
        form = [("address", f"{name}@example.com"), ("topics", "offers"), ("intent", "in")]
        told = http("POST", "/subscribe", form=form, at=clock.now)
        answers.append(resubscribe.handler(told, world.context))
        calls.append(list(made))
    assert answers == [answers[0]] * 4 and answers[0]["statusCode"] == 503
    assert calls == [calls[0]] * 4


def test_a_trusted_proxy_says_which_network_it_is_and_nobody_else(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart(TRUSTED_PROXIES="10.0.0.0/8,2001:db8::/32")
    limited(monkeypatch, per_network=1)
    for n in range(5):
        forged = {"X-Forwarded-For": f"1.1.{n}.1, 198.51.{n}.1, 10.0.0.1"}
        assert ask(world, clock, f"a{n}", "in", source="10.0.0.1", headers=forged) == 202
    assert len(mailed()) == 5, "behind the proxy each network has its own"
    for n in range(5):
        forged = {"X-Forwarded-For": f"198.51.{n}.1, 203.0.113.9"}
        ask(world, clock, f"b{n}", "in", source="203.0.113.9", headers=forged)
    assert len(mailed()) == 6, "past it nobody gains by what they write"


# ---- A day


@pytest.mark.threat(
    "T18",
    "A flood from many networks uses up the day's confirmation mails, and whoever asks then is lost.",
    "Nothing accepted is dropped: it waits until midnight UTC, ways out first, networks taking turns.",
)
def test_whoever_finds_the_day_full_waits_until_the_next_ways_out_first_and_turn_by_turn(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_day=3)
    assert [ask(world, clock, f"full{n}", "in") for n in range(3)] == [202] * 3
    clock.now += 1
    asked = [("f1", "in", 1), ("f2", "in", 1), ("f3", "in", 1), ("g1", "in", 2), ("o1", "out", 1)]
    for name, intent, net in asked:
        clock.now += 1
        assert ask(world, clock, name, intent, source=f"198.51.{net}.1") == 202
    assert look(world)["left"] == 5 and len(mailed()) == 3
    clock.now += DAY - HOUR
    assert look(world)["done"] == 3
    assert mailed()[3:] == ["o1", "f1", "g1"]
    clock.now += DAY
    assert look(world)["left"] == 0
    assert mailed()[6:] == ["f2", "f3"]


def test_whoever_asks_while_others_wait_goes_behind_them(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_day=1)
    for name in ("a", "b"):
        ask(world, clock, name)
    clock.now += DAY - HOUR - MINUTE
    look(world)
    clock.now += MINUTE
    clock.now += 1  # a new day, at which nobody has looked yet
    ask(world, clock, "c")
    assert mailed() == ["a"]
    look(world)
    assert mailed() == ["a", "b"]
    clock.now += DAY
    look(world)
    assert mailed() == ["a", "b", "c"]
    clock.now += DAY
    ask(world, clock, "d")
    assert mailed() == ["a", "b", "c", "d"], "nobody waits: at once"


def test_more_than_two_days_can_send_is_not_accepted_from_anybody(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_day=1)
    statuses = []
    for n in range(5):
        statuses.append(ask(world, clock, f"a{n}", source=f"198.51.{n}.1"))
        parts().waiting_queue._counted = None  # the number of waiting is good for some seconds
    assert statuses == [202, 202, 202, 503, 503], "one at once, two in two days"


def test_the_number_that_wait_is_asked_for_once_in_some_seconds(world: World) -> None:
    now = [0.0]
    line = type(parts().waiting_queue)(
        parts().client("sqs"), world.queues["WAITING_QUEUE_URL"], lambda: now[0]
    )
    calls = mailbox.calls(("sqs",))
    assert line.count() == 0
    line.send("x")
    now[0] = 9.9
    assert line.count() == 0
    now[0] = 10.0
    assert line.count() == 1
    assert Counter(calls)["GetQueueAttributes"] == 2


def test_half_of_a_day_is_told_and_so_is_whoever_waits_for_a_day(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    limited(monkeypatch, per_day=2)
    half = "half of the day's confirmation mails are sent"
    old = "a confirmation mail has waited for a day"

    def words() -> set[str]:
        lines = [json.loads(line)["message"] for line in log.getvalue().splitlines()]
        log.seek(0), log.truncate()
        return set(lines) - {"the waiting line was looked at"}

    look(world)
    assert words() == set()
    ask(world, clock, "a")
    look(world)
    assert words() == {half}
    for name in ("b", "c"):
        ask(world, clock, name)
    assert words() == {"a confirmation mail waits for room"}

    world.context.left = 0  # a look that has no time to send
    clock.now += DAY - 1
    look(world)
    assert old not in words()
    clock.now += 1
    world.context.left = 60_000
    monkeypatch.setattr(type(parts().send_waiting), "_serve", lambda *_: (set(), True))
    look(world)
    assert words() == {old}


# ---- What becomes of the mail


def test_the_link_lives_for_48_hours_from_its_mail_and_counts_as_of_the_request(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_network=1)
    asked = clock.now
    for name in ("a", "b", "c"):
        ask(world, clock, name, "in")
    assert mailed() == ["a"]
    for _ in range(2):
        clock.now += DAY
        look(world)
    late = mailbox.link(mailbox.sent()[2])
    pressed = clock.now + CONFIRMATION_LIFETIME - 1
    answer = resubscribe.handler(http("POST", late, at=pressed), world.context)
    assert answer["statusCode"] == 200
    (item,) = world.items()
    assert item["k:2"]["M"]["t"] == {"N": str(asked)}, "whatever was stopped meanwhile stays stopped"
    over = http("GET", late, at=clock.now + CONFIRMATION_LIFETIME + HOUR)
    assert resubscribe.handler(over, world.context)["statusCode"] == 410
    at_once = http("GET", mailbox.link(mailbox.sent()[0]), at=asked + CONFIRMATION_LIFETIME)
    assert resubscribe.handler(at_once, world.context)["statusCode"] == 410


def test_a_mail_that_waited_for_its_network_and_then_for_the_day_has_a_link_that_lives(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_network=1, per_day=2)
    asked = clock.now
    for name in ("a", "b", "c"):
        ask(world, clock, name, "in")
    clock.now += 2 * DAY - MINUTE
    look(world)
    for place, name in enumerate("de"):  # the day is full when the network has room for c
        ask(world, clock, name, source=f"198.51.{place}.1")
    clock.now += MINUTE
    look(world)
    assert "c" not in mailed()
    clock.now = asked + 3 * DAY
    look(world)
    late = mailbox.sent()[mailed().index("c")]
    pressed = http("POST", mailbox.link(late), at=clock.now + CONFIRMATION_LIFETIME - 1)
    assert resubscribe.handler(pressed, world.context)["statusCode"] == 200


def test_who_was_held_or_opted_out_while_waiting_is_what_the_record_says_then(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, per_network=1)
    for name in ("a", "b", "c"):
        ask(world, clock, name, "in")
    world.put("b@example.com", Change(HOLD, Entry(clock.now + 1, Source.AGENT, "{}")))
    left = Change(out(ALL_SCOPES), Entry(clock.now + 1, Source.LINK, "{}"))
    world.put("c@example.com", left)
    for _ in range(2):
        clock.now += DAY
        look(world)
    assert mailed() == ["a", "c"], "a held address gets none"
    press = http("POST", mailbox.link(mailbox.sent()[1]), at=clock.now + 1)
    resubscribe.handler(press, world.context)
    record = parts().preferences.read(world.recipient("c@example.com"))
    assert not decide(record, parts().catalogue.topic("offers"), clock.now + 2).sendable


@pytest.mark.system
@pytest.mark.threat(
    "W1",
    "Somebody floods one person by asking for victim+1@, victim+2@ and v.ictim@, three mails for each.",
    "Mails are counted for the mailbox: the local part up to the first +, without dots, at every domain.",
)
def test_one_mailbox_has_three_mails_a_day_however_its_address_is_spelt(world: World, clock: Clock) -> None:
    spelt = ["victim", "victim+1", "v.ictim+2", "vi.ctim", "vic.tim", "vict.im", "v.i.ctim"]
    for place, name in enumerate(spelt):
        source = f"198.51.{place}.1"
        assert ask(world, clock, name, source=source) == 202, "nobody learns of it"
    times: list[int] = []
    for _ in range(3 * DAY // (5 * MINUTE)):
        look(world)
        times += [clock.now] * (len(mailed()) - len(times))
        clock.now += 5 * MINUTE
    assert sorted(mailed()) == sorted(spelt), "and nobody is dropped"
    assert all(later - at >= 10 * MINUTE for at, later in pairwise(times))
    assert all(fourth - at >= DAY for at, fourth in zip(times, times[3:], strict=False))


@pytest.mark.threat(
    "W1",
    "Somebody uses up the mails of m.ary@ so that mary@, who asks to be let out, is told 202 and gets none.",
    "Only who has a mail for the same already is sent none; everybody else waits until the mailbox has room.",
)
@pytest.mark.parametrize("intent", Intent)
def test_who_shares_a_mailbox_with_somebody_that_floods_it_gets_a_mail_all_the_same(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, intent: Intent
) -> None:
    for _ in range(3):
        ask(world, clock, "mary.smith", intent, source="198.51.1.1")
        look(world)
        clock.now += 11 * MINUTE
        look(world)
    assert mailed() == ["mary.smith"] * 3
    assert ask(world, clock, "marysmith", intent) == 202
    assert look(world)["left"] == 1
    clock.now += DAY
    ask(world, clock, "mary.smith", intent, source="198.51.1.1")  # comes just then, and goes behind
    assert look(world) == {"done": 1, "left": 1, "longest_wait_seconds": 0}
    assert mailed()[3:] == ["marysmith"]
    press = http("POST", mailbox.link(mailbox.sent()[3]), at=clock.now + CONFIRMATION_LIFETIME - 1)
    assert resubscribe.handler(press, world.context)["statusCode"] == 200


@pytest.mark.parametrize("intent", Intent)
def test_who_asks_for_something_else_a_minute_later_gets_a_mail_for_it_too(
    world: World, clock: Clock, intent: Intent
) -> None:
    assert ask(world, clock, "a", intent, topic="news") == 202
    clock.now += MINUTE
    assert ask(world, clock, "a", intent, topic="offers") == 202
    clock.now += 9 * MINUTE - 1
    assert look(world)["left"] == 1 and mailed() == ["a"]
    clock.now += 1
    assert look(world)["left"] == 0 and mailed() == ["a", "a"]
    for mail in mailbox.sent():
        resubscribe.handler(http("POST", mailbox.link(mail), at=clock.now + 1), world.context)
    record = parts().preferences.read(world.recipient("a@example.com"))
    for topic in ("news", "offers"):
        register = (out if intent is Intent.OUT else yes)(parts().catalogue.number(topic))
        assert record.get(register) is not None


def test_who_asks_for_the_same_again_and_has_its_mail_is_sent_to_look_for_it(
    world: World, clock: Clock
) -> None:
    for _ in range(3):
        assert ask(world, clock, "a") == 202
        clock.now += MINUTE
    assert mailed() == ["a"] and look(world)["left"] == 0


def test_a_mail_whose_link_no_longer_does_what_is_asked_for_stands_for_none(
    world: World, clock: Clock
) -> None:
    ask(world, clock, "a")
    resubscribe.handler(http("POST", mailbox.link(mailbox.sent()[0]), at=clock.now), world.context)
    clock.now += MINUTE
    came_back = Change(yes(parts().catalogue.number("offers")), Entry(clock.now, Source.LINK, "{}"))
    world.put("a@example.com", came_back)
    clock.now += MINUTE
    ask(world, clock, "a")
    assert look(world)["left"] == 1, "the first link would stop nothing now"
    clock.now += 8 * MINUTE
    assert look(world)["left"] == 0
    again = http("POST", mailbox.link(mailbox.sent()[1]), at=clock.now)
    assert resubscribe.handler(again, world.context)["statusCode"] == 200
    record = parts().preferences.read(world.recipient("a@example.com"))
    assert not decide(record, parts().catalogue.topic("offers"), clock.now).sendable


def test_those_who_wait_for_one_mailbox_hold_nobody_else_up_and_cost_one_look_together(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(world, clock, "m.ary")
    flood = [f"ma.ry+{n}" for n in range(9)]
    waiting_of(world, clock, *flood, "b")
    tried: list[str] = []
    attempt = type(parts().send_confirmation_now).__call__

    def spied(self: Any, request: ConfirmationRequest, now: int, *, in_turn: bool) -> Any:
        tried.append(request.address)
        return attempt(self, request, now, in_turn=in_turn)

    monkeypatch.setattr(type(parts().send_confirmation_now), "__call__", spied)
    assert look(world)["left"] == 9
    assert mailed() == ["m.ary", "b"] and len(tried) == 2
    clock.now += MINUTE
    ask(world, clock, "c")
    assert mailed()[2:] == ["c"], "nobody waits for room in the day: at once"


def test_a_purge_finds_the_counts_of_each_of_a_mailboxs_addresses(world: World, clock: Clock) -> None:
    for name, source in (("vic.tim+1", "198.51.1.1"), ("victim", "198.51.2.1")):
        ask(world, clock, name, source=source)
        clock.now += 15 * MINUTE
    assert len(mailed()) == 2
    store = MailCapsTable(parts().client("dynamodb"), "Control")
    person = PurgeSubject(world.recipient("vic.tim+1@example.com"), "")
    assert store.clear(person) == 1 and store.clear(person) == 0
    left = json.dumps(world.items("Control"))
    assert world.recipient("vic.tim+1@example.com") not in left
    assert not any("#out#" in item["pk"]["S"] and "tries" in item for item in world.items("Control"))


# ---- When something fails


def waiting_of(world: World, clock: Clock, *names: str) -> list[ConfirmationRequest]:
    """Requests in line, put there directly: their time has come."""
    requests = [
        ConfirmationRequest(
            f"r {name}",
            f"{name}@example.com",
            Intent.OUT,
            (),
            "en",
            clock.now - MINUTE + place,
            "https://prefs.example.com",
            f"192.0.{place}.0/24",
        )
        for place, name in enumerate(names)
    ]
    for one in requests:
        parts().waiting_queue.send(one.to_message())
    return requests


def test_a_look_that_dies_after_the_mail_and_before_the_message_is_out_sends_no_second(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting_of(world, clock, "a", "b")

    class Killed(BaseException):
        pass

    def die(_: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(parts().waiting_queue, "delete", die)
        with pytest.raises(Killed):
            look(world)
    assert mailed() == ["a"]
    assert look(world)["left"] == 0 and mailed() == ["a", "b"]


def test_a_message_that_was_put_in_line_twice_is_one_mail(world: World, clock: Clock) -> None:
    (one,) = waiting_of(world, clock, "a")
    parts().waiting_queue.send(one.to_message())
    assert look(world)["left"] == 0 and mailed() == ["a"]


def test_a_request_that_cannot_be_put_in_line_is_given_back(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["WAITING_QUEUE_URL"])
    request = replace(waiting_request(clock), due=clock.now + 1)
    record = {"messageId": "m", "body": request.to_message()}
    answer = app.handler({"Records": [record]}, world.context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}


def waiting_request(clock: Clock) -> ConfirmationRequest:
    return ConfirmationRequest(
        "r", "a@example.com", Intent.OUT, (), "en", clock.now, "https://prefs.example.com", ""
    )


def test_one_that_fails_or_cannot_be_read_holds_nobody_else_up(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    parts().waiting_queue.send("no request of ours")
    waiting_of(world, clock, "a", "b", "c")
    send = parts().send_confirmation_now.mailer.send

    def refusing(address: str, recipient: str, message: bytes) -> None:
        if address.startswith("a@"):
            raise MailNotSent("slow down")
        send(address, recipient, message)

    with monkeypatch.context() as patch:
        patch.setattr(parts().send_confirmation_now.mailer, "send", refusing)
        assert look(world)["done"] == 2
    assert sorted(mailed()) == ["b", "c"]
    assert '"errors":{"MailNotSent":1}' in log.getvalue()
    assert world.messages("CONFIRMATION_REQUESTS_DLQ_URL") == ["no request of ours"]
    look(world)
    assert sorted(mailed()) == ["a", "b", "c"]


def test_one_of_a_topic_that_there_never_was_is_put_aside_and_leaves_the_line(
    world: World, clock: Clock
) -> None:
    odd = replace(waiting_request(clock), intent=Intent.IN, scopes=scope_numbers(999), at=clock.now - MINUTE)
    parts().waiting_queue.send(odd.to_message())
    assert look(world)["left"] == 0 and mailed() == []
    assert world.messages("CONFIRMATION_REQUESTS_DLQ_URL") == [odd.to_message()]


def test_one_that_cannot_be_put_aside_stays_in_line(world: World, clock: Clock) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["CONFIRMATION_REQUESTS_DLQ_URL"])
    parts().waiting_queue.send("no request of ours")
    look(world)
    mailbox.show_again("WAITING_QUEUE_URL")
    assert world.messages("WAITING_QUEUE_URL") == ["no request of ours"]


@pytest.mark.parametrize(
    "broken",
    [{"due": "soon"}, {"due": None}, {"due": -1}, {"at": 10**30}, {"at": "x"}, {"at": True}],
    ids=str,
)
def test_a_message_with_a_time_that_is_none_holds_nobody_else_up(
    world: World, clock: Clock, broken: dict[str, Any]
) -> None:
    (good,) = waiting_of(world, clock, "a")
    body = json.loads(good.to_message()) | {"id": "r2", "address": "b@example.com"} | broken
    parts().waiting_queue.send(json.dumps(body))
    look(world)
    assert mailed() == ["a"]


def test_what_waited_in_the_queue_of_the_release_before_is_read(world: World, clock: Clock) -> None:
    body = json.loads(waiting_request(clock).to_message())
    del body["due"]
    record = {"messageId": "m", "body": json.dumps(body)}
    assert app.handler({"Records": [record]}, world.context) == {"batchItemFailures": []}
    assert mailed() == ["a"]


def test_a_look_without_time_begins_no_mail_and_loses_nobody(world: World, clock: Clock) -> None:
    waiting_of(world, clock, "a")
    world.context.left = 1_000
    look(world)
    assert mailed() == []
    world.context.left = 60_000
    look(world)
    assert mailed() == ["a"]


def test_of_who_waits_nothing_is_logged_or_kept(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    limited(monkeypatch, per_network=1)
    for name in ("first", "second", "third"):
        ask(world, clock, name, "in")
    look(world)
    kept = log.getvalue() + json.dumps(world.items("Control"))
    for part in ("first", "second@", "third@", "example.com", "192.0.2"):
        assert part not in kept
