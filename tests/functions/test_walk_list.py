"""SES's own list, which keeps the case of an address: nobody who is purged stands there in any spelling.

The fake finds an entry by its exact spelling alone, refuses what SES refuses, and is read page by page.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from functions.purge import app as purge
from functions.ses_list import app
from heed.adapters.dynamodb import ses_list_walks
from heed.adapters.dynamodb.ses_list_walks import SesListWalksTable
from heed.domain.errors import StoreUnavailable, SuppressionListUnavailable
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from tests.adapters.test_preferences_faults import cut, failing
from tests.support import mailbox
from tests.support.api_callers import JANE, Office
from tests.support.deployment import NOW, World, client, parts, restart
from tests.support.registers import out
from tests.support.template import time_of

JOAN = "Joan.Smith@Example.COM"
OTHERS = {"someone@example.com", "Someone.Else@Example.com", "no address", "jöan@example.com"}


@pytest.fixture
def office(world: World) -> Office:
    world.context.left = 300_000
    return Office(world)


@pytest.fixture
def ses(world: World) -> Iterator[mailbox.SuppressionList]:
    held = mailbox.SuppressionList(set(OTHERS))
    with mailbox.suppression_list(held):
        yield held


def walk(world: World) -> list[str]:
    """One message; those that failed."""
    records = [{"messageId": "walk", "body": WALK_REQUEST.to_message()}]
    answer = app.handler({"Records": records}, world.context)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def sweep(world: World) -> Any:
    return purge.handler({}, world.context)


def row(world: World) -> dict[str, Any]:
    (found,) = (one for one in world.items(world.control) if one["pk"]["S"] == ses_list_walks.SES_LIST_KEY)
    return found


@pytest.mark.parametrize(
    ("reported", "listed"),
    [
        ("joan.smith@example.com", "Joan.Smith@Example.COM"),
        ("Joan.Smith@Example.COM", "joan.smith@example.com"),
        ("JOAN.SMITH@example.com", "Joan.Smith@example.com"),
        ("joan+News@example.com", "Joan+news@Example.com"),
        ("Joan@exämple.com", "Joan@xn--exmple-cua.com"),
        ("joan@exämple.com", "JOAN@XN--EXMPLE-CUA.COM"),
        ("Joan Smith <joan@example.com>", "joan@Example.com"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/minors", "/v1/erasures"])
@pytest.mark.threat(
    "W30",
    "A child's address stays in clear on SES's own list, in another case than that in which it was reported.",
    "The list is walked, each address on it is compared normalised, and no purge is done before it was.",
)
def test_whoever_is_purged_stands_there_in_no_spelling_when_it_is_certified(
    office: Office, ses: mailbox.SuppressionList, reported: str, listed: str, path: str
) -> None:
    ses.addresses.add(listed)
    said = {"address": reported, "source": "phone", "reference": "call 1"}
    _, told = office.call("POST", path, said)
    assert sweep(office.world)["left"] == 0
    assert ses.addresses == OTHERS
    certificate = office.certificate(told["purge"])
    assert certificate["state"] == "done"
    assert certificate["stores"]["ses-suppression-list"] == 1


def test_whoever_is_named_by_a_recipient_id_alone_is_found_too(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    ses.addresses |= {JOAN, JOAN.lower()}
    said = {"recipient": office.world.recipient(JOAN), "source": "phone", "reference": "call 1"}
    _, told = office.call("POST", "/v1/minors", said)
    assert sweep(office.world)["left"] == 0
    assert ses.addresses == OTHERS
    assert office.certificate(told["purge"])["stores"]["ses-suppression-list"] == 2


def test_a_function_that_has_just_been_started_knows_whom_the_addresses_are_of(
    office: Office,
) -> None:
    office.minor()
    restart()  # or the key that another function derived would be at hand
    with mailbox.suppression_list(mailbox.SuppressionList({*OTHERS, JANE})) as ses:
        assert walk(office.world) == []
    assert ses.addresses == OTHERS


def test_a_purge_whose_list_was_not_walked_since_it_became_due_is_not_done(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    office.world.while_paused = lambda _: None  # nobody walks
    first = office.minor()["purge"]
    assert walk(office.world) == []
    second = office.minor(NOW + 1, JOAN)["purge"]
    assert sweep(office.world)["left"] == 1
    assert office.certificate(first)["state"] == "done"
    assert office.certificate(second)["state"] == "running"
    assert sum(office.world.paused) < 20
    assert walk(office.world) == []
    assert sweep(office.world)["left"] == 0
    assert office.certificate(second)["state"] == "done"


def test_a_walk_is_made_for_everybody_at_once_and_for_nobody_twice(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    for number in range(9):
        ses.addresses.add(f"Kid{number}@example.com")
        office.minor(NOW, f"kid{number}@example.com")
    for _ in range(5):
        assert walk(office.world) == []
    assert ses.pages == 2, "one that took nine off, and one that found nothing more"
    assert ses.addresses == OTHERS
    swept = sweep(office.world)
    assert (swept["left"], swept["purged"], ses.pages) == (0, 9, 2)


def test_where_nobody_is_due_nothing_is_asked_of_ses(office: Office, ses: mailbox.SuppressionList) -> None:
    office.world.put(JANE, Change(out(2), Entry(NOW, Source.LINK, "{}")))
    assert walk(office.world) == []
    assert sweep(office.world)["found"] == 0
    assert (ses.pages, ses.removed) == (0, [])


def walks_in_parts(office: Office, ses: mailbox.SuppressionList, calls: int) -> int:
    """Walk with time for so many calls of SES each time; how many messages it took."""
    world, messages = office.world, 0
    parts().ses_list_queue.send(WALK_REQUEST.to_message())
    while True:
        world.context.left, before = 90_000, ses.pages + len(ses.removed)

        def tick(before: int = before) -> None:
            if ses.pages + len(ses.removed) - before + 1 >= calls:
                world.context.left = 39_000

        ses.between = tick
        if not mailbox.deliver(world, "SES_LIST_QUEUE_URL", app.handler):
            world.context.left, ses.between = 300_000, lambda: None
            return messages
        messages += 1
        assert messages < 40, "it never ends"


@pytest.mark.parametrize("calls", [2, 3, 7])
def test_a_list_that_is_longer_than_the_time_is_walked_in_parts(
    office: Office, ses: mailbox.SuppressionList, calls: int
) -> None:
    ses.page = 3
    ses.addresses |= {f"Reader{n:02}@example.com" for n in range(8)} | {
        JOAN,
        "JOAN.Smith@example.com",
    }
    left = ses.addresses - {JOAN, "JOAN.Smith@example.com"}
    told = office.minor(NOW, JOAN.lower())
    assert walks_in_parts(office, ses, calls) > 1
    assert ses.addresses == left
    assert sweep(office.world)["left"] == 0
    assert office.certificate(told["purge"])["stores"]["ses-suppression-list"] == 2


def test_who_comes_in_the_middle_of_a_walk_waits_for_the_next(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    office.world.while_paused = lambda _: None
    ses.page = 2
    first, world = office.minor()["purge"], office.world
    world.context.left = 90_000
    ses.between = lambda: setattr(world.context, "left", 39_000)
    walk(world)
    ses.between = lambda: None
    world.context.left = 300_000
    second = office.minor(NOW + 1, "a@example.com")["purge"]
    ses.addresses.add("A@example.com")  # before the place where the walk goes on
    assert walk(world) == []
    sweep(world)
    states = [office.certificate(one)["state"] for one in (first, second)]
    assert states == ["done", "running"]
    mailbox.read_list(world)
    assert sweep(world)["left"] == 0 and ses.addresses == OTHERS


def test_a_place_that_ses_has_forgotten_is_the_beginning(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    ses.page, world = 2, office.world
    ses.addresses.add("zOE@example.com")
    told = office.minor(NOW, "zoe@example.com")
    ses.between = lambda: setattr(world.context, "left", 39_000)
    world.context.left = 90_000
    walk(world)
    ses.failure, ses.between, world.context.left = (
        "InvalidNextTokenException",
        lambda: None,
        300_000,
    )
    world.messages("SES_LIST_QUEUE_URL")  # what asks for the next part is taken
    assert walk(world) == []
    assert world.messages("SES_LIST_QUEUE_URL") == [], "nobody tries it again at once"
    ses.failure = ""
    assert sweep(world)["left"] == 0
    assert ses.addresses == OTHERS and office.certificate(told["purge"])["state"] == "done"


@pytest.mark.parametrize(
    "junk", [{"place": {"B": b"none of ours"}}, {"place": {"S": "x"}}, {"ended": {"S": "?"}}]
)
def test_what_nobody_can_read_of_a_walk_is_walked_again(
    office: Office, ses: mailbox.SuppressionList, junk: dict[str, Any]
) -> None:
    ses.addresses.add(JOAN)
    for number in range(3):
        office.minor(NOW, f"kid{number}@example.com")
        sweep(office.world)
    told = office.minor(NOW, JOAN)
    client("dynamodb").put_item(
        TableName=office.world.control, Item={"pk": {"S": ses_list_walks.SES_LIST_KEY}, **junk}
    )
    assert sweep(office.world)["left"] == 0
    assert ses.addresses == OTHERS and office.certificate(told["purge"])["state"] == "done"


def test_what_ses_does_not_let_be_taken_off_is_never_done_and_holds_up_nobody_else(
    office: Office, ses: mailbox.SuppressionList, caplog: pytest.LogCaptureFixture
) -> None:
    odd = "Joan/Smith@example.com"  # which SES refuses in a path
    ses.addresses |= {odd, JOAN}
    first, second = (office.minor(NOW, one)["purge"] for one in (odd, JOAN))
    for _ in range(3):
        assert sweep(office.world)["left"] == 1
    assert ses.addresses == OTHERS | {odd}
    states = [office.certificate(one)["state"] for one in (first, second)]
    assert states == ["running", "done"]
    assert "addresses stay on the list of SES" in caplog.messages
    assert "smith" not in caplog.text.lower()
    assert ses.pages < 20, "nobody walks for it without end"
    ses.addresses.discard(odd)  # a person has mended it
    assert sweep(office.world)["left"] == 0
    assert office.certificate(first)["state"] == "done"


@pytest.mark.parametrize("failure", ["TooManyRequestsException", "InternalFailure", "AccessDeniedException"])
def test_ses_that_asks_for_patience_gets_it(
    office: Office, ses: mailbox.SuppressionList, failure: str
) -> None:
    ses.addresses.add(JOAN)
    office.world.while_paused = lambda _: None
    office.minor(NOW, JOAN)
    ses.failure = failure
    assert walk(office.world) == ["walk"]
    assert sweep(office.world)["left"] == 1
    ses.failure = ""
    assert walk(office.world) == []
    assert sweep(office.world)["left"] == 0


def test_an_entry_that_comes_while_the_list_is_read_is_found_by_the_pass_that_follows(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    ses.page = 2
    ses.addresses |= {JOAN, "z@example.com"}

    def come() -> None:
        if ses.removed and "JOAN.SMITH@example.com" not in ses.removed:
            ses.addresses.add("JOAN.SMITH@example.com")  # before the place where it reads

    ses.between = come
    office.minor(NOW, JOAN)
    walk(office.world)
    assert ses.addresses == OTHERS | {"z@example.com"}


def test_of_more_than_are_marked_in_the_time_the_others_wait_for_the_next_walk(
    office: Office, ses: mailbox.SuppressionList, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.world.while_paused = lambda _: None
    kids = [office.minor(NOW, f"kid{number}@example.com")["purge"] for number in range(6)]
    ses.addresses.add("Kid5@example.com")
    mark, world = SesListWalksTable.await_walk, office.world

    def slowly(self: SesListWalksTable, purge_id: str, number: int) -> bool:
        world.context.left -= 10_000
        return mark(self, purge_id, number)

    monkeypatch.setattr(SesListWalksTable, "await_walk", slowly)
    parts().ses_list_queue.send(WALK_REQUEST.to_message())
    for _ in range(9):
        world.context.left = 90_000
        mailbox.deliver(world, "SES_LIST_QUEUE_URL", app.handler)
    world.context.left = 300_000
    assert ses.pages > 0 and sweep(world)["purged"] >= 4
    for _ in range(2):
        world.context.left = 90_000
        walk(world)
    world.context.left = 300_000
    assert sweep(world)["left"] == 0 and ses.addresses == OTHERS
    assert {office.certificate(one)["state"] for one in kids} == {"done"}


def test_a_page_of_many_that_ses_refuses_is_passed(office: Office, ses: mailbox.SuppressionList) -> None:
    office.world.while_paused = lambda _: None
    odd = [f"A/{number}@example.com" for number in range(8)]
    ses.addresses |= {*odd, JOAN}
    for one in odd:
        office.minor(NOW, one)
    told = office.minor(NOW, JOAN)["purge"]
    assert walks_in_parts(office, ses, 3) < 20
    assert sweep(office.world)["left"] == len(odd)
    assert office.certificate(told)["state"] == "done"


@pytest.mark.parametrize("failure", ["BadRequestException", "ValidationException"])
def test_a_place_that_ses_does_not_take_ends_no_walk_for_ever(
    office: Office, ses: mailbox.SuppressionList, failure: str
) -> None:
    ses.page, world = 2, office.world
    office.minor(NOW, JOAN)
    ses.between = lambda: setattr(world.context, "left", 39_000)
    world.context.left = 90_000
    walk(world)
    ses.failure, ses.between, world.context.left = failure, lambda: None, 300_000
    assert walk(world) == []
    ses.failure = ""
    assert sweep(world)["left"] == 0


def test_an_answer_that_was_cut_is_no_walk_that_never_was(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    """Or walks would be counted anew, and a purge be done by one that ended long ago."""
    for number in range(3):
        office.minor(NOW, f"kid{number}@example.com")
        sweep(office.world)
    ended = row(office.world)["ended"]
    told = office.minor(NOW, JOAN)["purge"]
    with failing(parts().client("dynamodb"), cut), pytest.raises(StoreUnavailable):
        parts().ses_list_walks.take(NOW)
    with failing(parts().client("dynamodb"), cut), pytest.raises(StoreUnavailable):
        parts().ses_list_walks.ended()
    assert row(office.world)["ended"] == ended
    assert office.certificate(told)["state"] != "done"


def test_of_a_place_that_nobody_can_read_the_number_of_the_walk_still_counts(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    client("dynamodb").put_item(
        TableName=office.world.control,
        Item={"pk": {"S": ses_list_walks.SES_LIST_KEY}, "ended": {"N": "50"}, "place": {"S": "x"}},
    )
    state = parts().ses_list_walks.take(NOW)
    assert state is not None and (state.ended, state.place) == (50, None)


def test_who_goes_on_after_a_death_reads_the_list_once_more(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    walks = parts().ses_list_walks
    walks.leave(b"place", has_removed=False)
    assert walks.take(NOW) == (0, b"place", False)
    assert walks.take(NOW + ses_list_walks.SES_LIST_LEASE + 1) == (0, b"place", True)


def test_two_do_not_walk_at_once_and_the_other_is_heard(office: Office, ses: mailbox.SuppressionList) -> None:
    """In the middle of one walk somebody is reported, and their message finds that it is walked already."""
    world = office.world
    office.minor()
    told: list[str] = []

    def other() -> None:
        ses.between = lambda: None
        ses.addresses.add(JOAN)
        told.append(office.minor(NOW + 1, JOAN)["purge"])
        assert walk(world) == []
        assert ses.pages == 0, "nobody but the first walks"

    ses.between = other
    assert walk(world) == []
    assert world.messages("SES_LIST_QUEUE_URL") == [WALK_REQUEST.to_message()]
    mailbox.show_again("SES_LIST_QUEUE_URL")
    mailbox.read_list(world)
    assert ses.addresses == OTHERS
    assert sweep(world)["left"] == 0 and office.certificate(told[0])["state"] == "done"


def test_whoever_died_while_walking_is_waited_for_no_longer_than_a_function_lives(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    assert 1_000 * time_of("SesListFunction") < ses_list_walks.SES_LIST_LEASE
    walks = parts().ses_list_walks
    assert walks.take(NOW) is not None
    assert walks.take(NOW + ses_list_walks.SES_LIST_LEASE) is None
    assert walks.take(NOW + ses_list_walks.SES_LIST_LEASE + 1) is not None


def test_a_queue_that_takes_no_request_for_a_walk_leaves_the_purge_due(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    office.minor()
    client("sqs").delete_queue(QueueUrl=office.world.queues["SES_LIST_QUEUE_URL"])
    office.world.while_paused = lambda _: None
    assert sweep(office.world)["left"] == 1
    client("sqs").create_queue(QueueName="SES_LIST_QUEUE_URL")
    office.world.while_paused = None
    assert sweep(office.world)["left"] == 0


@pytest.mark.parametrize(("hours", "is_told"), [(2, False), (25, True)])
def test_who_waits_for_a_long_list_is_overdue_after_a_day(
    office: Office,
    ses: mailbox.SuppressionList,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    hours: int,
    is_told: bool,
) -> None:
    now = (NOW + hours * 3_600_000) * 1_000_000
    monkeypatch.setattr(parts().clock, "time_ns", lambda: now)
    office.world.while_paused = lambda _: None
    office.minor()
    assert sweep(office.world)["left"] == 1
    assert ("purge overdue" in caplog.messages) is is_told


def test_no_address_stands_in_the_table_a_message_or_a_log(
    office: Office, ses: mailbox.SuppressionList, log: io.StringIO
) -> None:
    """The words in which SES names a place hold an address."""
    ses.page, world = 1, office.world
    ses.addresses |= {JOAN, "Jill@example.com"}
    office.minor(NOW, JOAN)
    world.context.left = 90_000
    ses.between = lambda: setattr(world.context, "left", 39_000 if ses.pages else 90_000)
    walk(world)
    assert row(world)["place"]["B"]
    said = repr(world.items(world.control)) + log.getvalue() + repr(world.messages("SES_LIST_QUEUE_URL"))
    for one in (*ses.addresses, JOAN):
        assert one not in said
        assert base64_of(one) not in said
    ses.failure = "TooManyRequestsException"
    walk(world)
    assert "@" not in log.getvalue()


def base64_of(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode().rstrip("=")[:-1]


def test_of_each_call_the_pace_is_kept_also_of_one_that_fails(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    ses.addresses.add(JOAN)
    office.minor(NOW, JOAN)
    walk(office.world)
    assert ses.pauses == [2.0] * (ses.pages + len(ses.removed)) and len(ses.pauses) == 3
    ses.failure = "TooManyRequestsException"
    with pytest.raises(SuppressionListUnavailable):
        parts().ses_suppression_list.remove(JOAN)
    assert len(ses.pauses) == 5, "a call that is tried again by the client would have no pause"
    assert parts().client("sesv2", once=True).meta.config.retries["total_max_attempts"] == 1


def test_a_pass_that_was_cut_off_behind_a_removal_is_followed_by_another(
    office: Office, ses: mailbox.SuppressionList
) -> None:
    """SES fails right after it has taken one off: the next part knows that this pass removed something."""
    ses.page, world = 2, office.world
    office.world.while_paused = lambda _: None
    ses.addresses |= {"A@example.com", "B@example.com", "JOAN.smith@example.com", JOAN}
    office.minor(NOW, JOAN)

    def fail_behind_the_first() -> None:
        ses.failure = "TooManyRequestsException" if ses.removed else ""

    ses.between = fail_behind_the_first
    assert walk(world) == ["walk"]
    ses.between, ses.failure, pages = lambda: None, "", ses.pages
    ses.addresses.discard(JOAN)  # it was done, and the answer lost
    assert walk(world) == []
    assert ses.addresses == OTHERS | {"A@example.com", "B@example.com"}
    assert ses.pages - pages == 2 + 3, "from there to the end, and once more from the beginning"
    assert sweep(world)["left"] == 0
