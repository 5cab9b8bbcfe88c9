"""The function `ses_list`: a purge removes every spelling of an address from the suppression list of SES.

The fake list finds an entry only by its exact spelling, as SES does. It refuses the addresses that SES
refuses, and is read page by page.
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
from heed.domain.errors import InvalidListPosition, StoreUnavailable, SuppressionListUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from heed.use_cases.ports.ses_list import ACCOUNT_LIST
from tests.adapters.test_preferences_faults import failing_requests, truncated_response
from tests.support import mailbox
from tests.support.api_callers import JANE, ApiCallers
from tests.support.deployment import NOW, World, client, parts, restart
from tests.support.registers import out
from tests.support.template import timeout_of

JOAN = "Joan.Smith@Example.COM"
OTHERS = {"someone@example.com", "Someone.Else@Example.com", "no address", "jöan@example.com"}


@pytest.fixture
def callers(world: World) -> ApiCallers:
    world.context.milliseconds_left = 300_000
    return ApiCallers(world)


@pytest.fixture
def ses(world: World) -> Iterator[mailbox.FakeSesList]:
    suppression_list = mailbox.FakeSesList(set(OTHERS))
    with mailbox.fake_ses_list(suppression_list):
        yield suppression_list


def walk(world: World) -> list[str]:
    """Hands one walk request to the function; returns the ids of the failed messages."""
    records = [{"messageId": "walk", "body": WALK_REQUEST.to_message()}]
    answer = app.handler({"Records": records}, world.context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def sweep(world: World) -> Any:
    return purge.handler({}, world.context)


def walk_row(world: World) -> dict[str, Any]:
    (row,) = (item for item in world.items(world.control) if item["pk"]["S"] == ses_list_walks.SES_LIST_KEY)
    return row


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
    "A child's address stays readable on the SES list because the report spells it in another case.",
    "Heed walks the list and compares normalised addresses. A purge is done only after such a walk.",
)
def test_a_certified_purge_removes_every_spelling_from_the_ses_list(
    callers: ApiCallers, ses: mailbox.FakeSesList, reported: str, listed: str, path: str
) -> None:
    ses.addresses.add(listed)
    body = {"address": reported, "source": "phone", "reference": "call 1"}
    _, report = callers.call("POST", path, body)
    assert sweep(callers.world)["left"] == 0
    assert ses.addresses == OTHERS
    certificate = callers.certificate(report["purge"])
    assert certificate["state"] == "done"
    assert certificate["stores"]["ses-suppression-list"] == 1


def test_a_person_reported_by_recipient_id_is_removed_too(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    ses.addresses |= {JOAN, JOAN.lower()}
    body = {"recipient": callers.world.recipient(JOAN), "source": "phone", "reference": "call 1"}
    _, report = callers.call("POST", "/v1/minors", body)
    assert sweep(callers.world)["left"] == 0
    assert ses.addresses == OTHERS
    assert callers.certificate(report["purge"])["stores"]["ses-suppression-list"] == 2


def test_a_cold_start_can_identify_the_addresses_on_the_list(
    callers: ApiCallers,
) -> None:
    callers.report_minor()
    restart()  # otherwise the key that another function derived would be available
    with mailbox.fake_ses_list(mailbox.FakeSesList({*OTHERS, JANE})) as ses:
        assert walk(callers.world) == []
    assert ses.addresses == OTHERS


def test_a_purge_is_not_done_until_a_later_walk_has_ended(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    callers.world.while_paused = lambda _: None  # no walk runs
    first = callers.report_minor()["purge"]
    assert walk(callers.world) == []
    second = callers.report_minor(NOW + 1, JOAN)["purge"]
    assert sweep(callers.world)["left"] == 1
    assert callers.certificate(first)["state"] == "done"
    assert callers.certificate(second)["state"] == "running"
    assert sum(callers.world.paused) < 20
    assert walk(callers.world) == []
    assert sweep(callers.world)["left"] == 0
    assert callers.certificate(second)["state"] == "done"


def test_one_walk_serves_all_due_purges(callers: ApiCallers, ses: mailbox.FakeSesList) -> None:
    for number in range(9):
        ses.addresses.add(f"Child{number}@example.com")
        callers.report_minor(NOW, f"child{number}@example.com")
    for _ in range(5):
        assert walk(callers.world) == []
    assert ses.pages_read == 2, "the first pass removed nine addresses, the second found none"
    assert ses.addresses == OTHERS
    result = sweep(callers.world)
    assert (result["left"], result["purged"], ses.pages_read) == (0, 9, 2)


def test_ses_is_not_called_when_no_purge_is_due(callers: ApiCallers, ses: mailbox.FakeSesList) -> None:
    callers.world.apply_changes(JANE, Change(out(2), Entry(NOW, Source.LINK, "{}")))
    assert walk(callers.world) == []
    assert sweep(callers.world)["found"] == 0
    assert (ses.pages_read, ses.removed) == (0, [])


def walks_in_parts(callers: ApiCallers, ses: mailbox.FakeSesList, calls: int) -> int:
    """Walks with time for a few calls of SES in each run; returns the number of messages that it took."""
    world, messages = callers.world, 0
    parts().ses_list_queue.send(WALK_REQUEST.to_message())
    while True:
        world.context.milliseconds_left, calls_before = 90_000, ses.pages_read + len(ses.removed)

        def tick(calls_before: int = calls_before) -> None:
            if ses.pages_read + len(ses.removed) - calls_before + 1 >= calls:
                world.context.milliseconds_left = 39_000

        ses.before_response = tick
        if not mailbox.deliver_messages(world, "SES_LIST_QUEUE_URL", app.handler):
            world.context.milliseconds_left, ses.before_response = 300_000, lambda: None
            return messages
        messages += 1
        assert messages < 40, "the walk never ends"


@pytest.mark.parametrize("calls", [2, 3, 7])
def test_a_long_list_is_walked_in_parts(callers: ApiCallers, ses: mailbox.FakeSesList, calls: int) -> None:
    ses.page_size = 3
    ses.addresses |= {f"Reader{number:02}@example.com" for number in range(8)} | {
        JOAN,
        "JOAN.Smith@example.com",
    }
    remaining = ses.addresses - {JOAN, "JOAN.Smith@example.com"}
    report = callers.report_minor(NOW, JOAN.lower())
    assert walks_in_parts(callers, ses, calls) > 1
    assert ses.addresses == remaining
    assert sweep(callers.world)["left"] == 0
    assert callers.certificate(report["purge"])["stores"]["ses-suppression-list"] == 2


def test_a_report_during_a_walk_waits_for_the_next_walk(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    callers.world.while_paused = lambda _: None
    ses.page_size = 2
    first, world = callers.report_minor()["purge"], callers.world
    world.context.milliseconds_left = 90_000
    ses.before_response = lambda: setattr(world.context, "milliseconds_left", 39_000)
    walk(world)
    ses.before_response = lambda: None
    world.context.milliseconds_left = 300_000
    second = callers.report_minor(NOW + 1, "a@example.com")["purge"]
    ses.addresses.add("A@example.com")  # before the position at which the walk continues
    assert walk(world) == []
    sweep(world)
    states = [callers.certificate(purge)["state"] for purge in (first, second)]
    assert states == ["done", "running"]
    mailbox.work_on_ses_list(world)
    assert sweep(world)["left"] == 0 and ses.addresses == OTHERS


def test_a_walk_starts_again_when_ses_no_longer_knows_the_token(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    ses.page_size, world = 2, callers.world
    ses.addresses.add("zOE@example.com")
    report = callers.report_minor(NOW, "zoe@example.com")
    ses.before_response = lambda: setattr(world.context, "milliseconds_left", 39_000)
    world.context.milliseconds_left = 90_000
    walk(world)
    ses.failure, ses.before_response, world.context.milliseconds_left = (
        "InvalidNextTokenException",
        lambda: None,
        300_000,
    )
    world.messages("SES_LIST_QUEUE_URL")  # takes the request for the next part
    assert walk(world) == []
    assert world.messages("SES_LIST_QUEUE_URL") == [], "no retry is requested at once"
    ses.failure = ""
    assert sweep(world)["left"] == 0
    assert ses.addresses == OTHERS and callers.certificate(report["purge"])["state"] == "done"


@pytest.mark.parametrize(
    "junk",
    [
        {"walk_position": {"B": b"not encrypted"}},
        {"walk_position": {"S": "x"}},
        {"last_finished": {"S": "?"}},
    ],
)
def test_a_walk_with_unreadable_state_starts_again(
    callers: ApiCallers, ses: mailbox.FakeSesList, junk: dict[str, Any]
) -> None:
    ses.addresses.add(JOAN)
    for number in range(3):
        callers.report_minor(NOW, f"child{number}@example.com")
        sweep(callers.world)
    report = callers.report_minor(NOW, JOAN)
    client("dynamodb").put_item(
        TableName=callers.world.control, Item={"pk": {"S": ses_list_walks.SES_LIST_KEY}, **junk}
    )
    assert sweep(callers.world)["left"] == 0
    assert ses.addresses == OTHERS and callers.certificate(report["purge"])["state"] == "done"


def test_an_address_that_ses_refuses_to_remove_leaves_only_its_own_purge_open(
    callers: ApiCallers, ses: mailbox.FakeSesList, caplog: pytest.LogCaptureFixture
) -> None:
    refused = "Joan/Smith@example.com"  # SES refuses it in a path
    ses.addresses |= {refused, JOAN}
    first, second = (callers.report_minor(NOW, purge)["purge"] for purge in (refused, JOAN))
    for _ in range(3):
        assert sweep(callers.world)["left"] == 1
    assert ses.addresses == OTHERS | {refused}
    states = [callers.certificate(purge)["state"] for purge in (first, second)]
    assert states == ["running", "done"]
    assert "addresses remain on the SES list" in caplog.messages
    assert "smith" not in caplog.text.lower()
    assert ses.pages_read < 20, "the walks for it end"
    ses.addresses.discard(refused)  # a person removed it
    assert sweep(callers.world)["left"] == 0
    assert callers.certificate(first)["state"] == "done"


@pytest.mark.parametrize("failure", ["TooManyRequestsException", "InternalFailure", "AccessDeniedException"])
def test_a_call_that_ses_refuses_is_retried(
    callers: ApiCallers, ses: mailbox.FakeSesList, failure: str
) -> None:
    ses.addresses.add(JOAN)
    callers.world.while_paused = lambda _: None
    callers.report_minor(NOW, JOAN)
    ses.failure = failure
    assert walk(callers.world) == ["walk"]
    assert sweep(callers.world)["left"] == 1
    ses.failure = ""
    assert walk(callers.world) == []
    assert sweep(callers.world)["left"] == 0


def test_an_entry_added_during_a_pass_is_found_by_the_next_pass(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    ses.page_size = 2
    ses.addresses |= {JOAN, "z@example.com"}

    def add_entry() -> None:
        if ses.removed and "JOAN.SMITH@example.com" not in ses.removed:
            ses.addresses.add("JOAN.SMITH@example.com")  # before the position of the pass

    ses.before_response = add_entry
    callers.report_minor(NOW, JOAN)
    walk(callers.world)
    assert ses.addresses == OTHERS | {"z@example.com"}


def test_purges_that_a_walk_has_no_time_to_register_wait_for_the_next_walk(
    callers: ApiCallers, ses: mailbox.FakeSesList, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers.world.while_paused = lambda _: None
    purges = [callers.report_minor(NOW, f"child{number}@example.com")["purge"] for number in range(6)]
    ses.addresses.add("Child5@example.com")
    require_walk, world = SesListWalksTable.require_walk, callers.world

    def slow_require_walk(self: SesListWalksTable, purge_id: str, number: int) -> bool:
        world.context.milliseconds_left -= 10_000
        return require_walk(self, purge_id, number)

    monkeypatch.setattr(SesListWalksTable, "require_walk", slow_require_walk)
    parts().ses_list_queue.send(WALK_REQUEST.to_message())
    for _ in range(9):
        world.context.milliseconds_left = 90_000
        mailbox.deliver_messages(world, "SES_LIST_QUEUE_URL", app.handler)
    world.context.milliseconds_left = 300_000
    assert ses.pages_read > 0 and sweep(world)["purged"] >= 4
    for _ in range(2):
        world.context.milliseconds_left = 90_000
        walk(world)
    world.context.milliseconds_left = 300_000
    assert sweep(world)["left"] == 0 and ses.addresses == OTHERS
    assert {callers.certificate(purge)["state"] for purge in purges} == {"done"}


def test_a_page_of_refused_addresses_does_not_stop_the_walk(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    callers.world.while_paused = lambda _: None
    refused = [f"A/{number}@example.com" for number in range(8)]
    ses.addresses |= {*refused, JOAN}
    for address in refused:
        callers.report_minor(NOW, address)
    purge = callers.report_minor(NOW, JOAN)["purge"]
    assert walks_in_parts(callers, ses, 3) < 20
    assert sweep(callers.world)["left"] == len(refused)
    assert callers.certificate(purge)["state"] == "done"


@pytest.mark.parametrize("failure", ["BadRequestException", "ValidationException"])
def test_a_token_that_ses_rejects_does_not_block_later_walks(
    callers: ApiCallers, ses: mailbox.FakeSesList, failure: str
) -> None:
    ses.page_size, world = 2, callers.world
    callers.report_minor(NOW, JOAN)
    ses.before_response = lambda: setattr(world.context, "milliseconds_left", 39_000)
    world.context.milliseconds_left = 90_000
    walk(world)
    ses.failure, ses.before_response, world.context.milliseconds_left = failure, lambda: None, 300_000
    assert walk(world) == []
    ses.failure = ""
    assert sweep(world)["left"] == 0


def test_a_lost_answer_does_not_reset_the_count_of_walks(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    """Otherwise the count would start again, and a walk that ended long ago would complete a purge."""
    for number in range(3):
        callers.report_minor(NOW, f"child{number}@example.com")
        sweep(callers.world)
    last_finished = walk_row(callers.world)["last_finished"]
    purge = callers.report_minor(NOW, JOAN)["purge"]
    with failing_requests(parts().client("dynamodb"), truncated_response), pytest.raises(StoreUnavailable):
        parts().ses_list_walks.claim(NOW)
    with failing_requests(parts().client("dynamodb"), truncated_response), pytest.raises(StoreUnavailable):
        parts().ses_list_walks.last_finished()
    assert walk_row(callers.world)["last_finished"] == last_finished
    assert callers.certificate(purge)["state"] != "done"


def test_the_count_of_walks_is_kept_when_the_position_is_unreadable(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    client("dynamodb").put_item(
        TableName=callers.world.control,
        Item={
            "pk": {"S": ses_list_walks.SES_LIST_KEY},
            "last_finished": {"N": "50"},
            "walk_position": {"S": "x"},
        },
    )
    state = parts().ses_list_walks.claim(NOW)
    assert state is not None and (state.last_finished, state.position) == (50, None)


def test_a_walk_continued_after_a_crash_reads_the_list_once_more(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    walks = parts().ses_list_walks
    walks.release(b"position", has_removed=False)
    assert walks.claim(NOW) == (0, b"position", False)
    assert walks.claim(Millis(NOW + ses_list_walks.SES_LIST_LEASE + 1)) == (0, b"position", True)


def test_only_one_walk_runs_at_a_time_and_a_second_request_is_kept(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    """A person is reported during a walk, and the new request finds that a walk is running."""
    world = callers.world
    callers.report_minor()
    purges: list[str] = []

    def report_and_walk() -> None:
        ses.before_response = lambda: None
        ses.addresses.add(JOAN)
        purges.append(callers.report_minor(NOW + 1, JOAN)["purge"])
        assert walk(world) == []
        assert ses.pages_read == 0, "only the first request walks"

    ses.before_response = report_and_walk
    assert walk(world) == []
    assert world.messages("SES_LIST_QUEUE_URL") == [WALK_REQUEST.to_message()]
    mailbox.make_messages_visible("SES_LIST_QUEUE_URL")
    mailbox.work_on_ses_list(world)
    assert ses.addresses == OTHERS
    assert sweep(world)["left"] == 0 and callers.certificate(purges[0])["state"] == "done"


def test_the_lease_of_a_walk_ends_after_the_longest_run_of_a_function(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    assert 1_000 * timeout_of("SesListFunction") < ses_list_walks.SES_LIST_LEASE
    walks = parts().ses_list_walks
    assert walks.claim(NOW) is not None
    assert walks.claim(Millis(NOW + ses_list_walks.SES_LIST_LEASE)) is None
    assert walks.claim(Millis(NOW + ses_list_walks.SES_LIST_LEASE + 1)) is not None


def test_a_purge_stays_due_when_a_walk_cannot_be_requested(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    callers.report_minor()
    client("sqs").delete_queue(QueueUrl=callers.world.queues["SES_LIST_QUEUE_URL"])
    callers.world.while_paused = lambda _: None
    assert sweep(callers.world)["left"] == 1
    client("sqs").create_queue(QueueName="SES_LIST_QUEUE_URL")
    callers.world.while_paused = None
    assert sweep(callers.world)["left"] == 0


@pytest.mark.parametrize(("hours", "is_logged"), [(2, False), (25, True)])
def test_a_purge_that_waits_for_a_walk_is_overdue_after_a_day(
    callers: ApiCallers,
    ses: mailbox.FakeSesList,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    hours: int,
    is_logged: bool,
) -> None:
    now = (NOW + hours * 3_600_000) * 1_000_000
    monkeypatch.setattr(parts().clock, "time_ns", lambda: now)
    callers.world.while_paused = lambda _: None
    callers.report_minor()
    assert sweep(callers.world)["left"] == 1
    assert ("purge overdue" in caplog.messages) is is_logged


def test_a_walk_leaves_no_address_in_tables_messages_or_logs(
    callers: ApiCallers, ses: mailbox.FakeSesList, log: io.StringIO
) -> None:
    """The token that SES returns for a position contains an address."""
    ses.page_size, world = 1, callers.world
    ses.addresses |= {JOAN, "Jill@example.com"}
    callers.report_minor(NOW, JOAN)
    world.context.milliseconds_left = 90_000
    ses.before_response = lambda: setattr(
        world.context, "milliseconds_left", 39_000 if ses.pages_read else 90_000
    )
    walk(world)
    assert walk_row(world)["walk_position"]["B"]
    stored = repr(world.items(world.control)) + log.getvalue() + repr(world.messages("SES_LIST_QUEUE_URL"))
    for address in (*ses.addresses, JOAN):
        assert address not in stored
        assert base64_of(address) not in stored
    ses.failure = "TooManyRequestsException"
    walk(world)
    assert "@" not in log.getvalue()


def base64_of(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode().rstrip("=")[:-1]


def test_each_call_of_ses_is_followed_by_a_pause_even_after_a_failure(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    ses.addresses.add(JOAN)
    callers.report_minor(NOW, JOAN)
    walk(callers.world)
    assert ses.pauses == [2.0] * (ses.pages_read + len(ses.removed)) and len(ses.pauses) == 3
    ses.failure = "TooManyRequestsException"
    with pytest.raises(SuppressionListUnavailable):
        parts().ses_suppression_list.remove(JOAN, ACCOUNT_LIST)
    assert len(ses.pauses) == 5, "a retry by the client would have no pause"
    assert parts().client("sesv2", once=True).meta.config.retries["total_max_attempts"] == 1


def test_a_pass_interrupted_after_a_removal_is_followed_by_another(
    callers: ApiCallers, ses: mailbox.FakeSesList
) -> None:
    """SES fails right after a removal. The next part knows that this pass removed an address."""
    ses.page_size, world = 2, callers.world
    callers.world.while_paused = lambda _: None
    ses.addresses |= {"A@example.com", "B@example.com", "JOAN.smith@example.com", JOAN}
    callers.report_minor(NOW, JOAN)

    def fail_after_a_removal() -> None:
        ses.failure = "TooManyRequestsException" if ses.removed else ""

    ses.before_response = fail_after_a_removal
    assert walk(world) == ["walk"]
    ses.before_response, ses.failure, pages = lambda: None, "", ses.pages_read
    ses.addresses.discard(JOAN)  # SES removed it, and its answer was lost
    assert walk(world) == []
    assert ses.addresses == OTHERS | {"A@example.com", "B@example.com"}
    assert ses.pages_read - pages == 2 + 3, "from the position to the end, and once more from the beginning"
    assert sweep(world)["left"] == 0


@pytest.fixture
def tenants(ses: mailbox.FakeSesList, monkeypatch: pytest.MonkeyPatch) -> mailbox.FakeSesList:
    """Two tenants with lists of their own, of which the stack knows."""
    ses.of_tenants = {"campaigns": set(OTHERS), "partners": {JOAN, *OTHERS}}
    monkeypatch.setattr(parts().ses_suppression_list, "_tenants", (ACCOUNT_LIST, "campaigns", "partners"))
    return ses


@pytest.mark.parametrize("page_size", [1, 3, 1_000])
def test_a_purge_removes_an_address_from_the_list_of_each_tenant(
    callers: ApiCallers, tenants: mailbox.FakeSesList, page_size: int
) -> None:
    tenants.page_size = page_size
    tenants.addresses.add(JOAN.lower())
    purge_id = callers.report_minor(NOW, JOAN)["purge"]
    assert sweep(callers.world)["left"] == 0
    assert tenants.addresses == OTHERS
    assert tenants.of_tenants == {"campaigns": OTHERS, "partners": OTHERS}
    assert callers.certificate(purge_id)["stores"]["ses-suppression-list"] == 2


def test_a_walk_in_parts_continues_in_the_list_of_the_same_tenant(
    callers: ApiCallers, tenants: mailbox.FakeSesList
) -> None:
    tenants.page_size = 2
    purge_id = callers.report_minor(NOW, JOAN)["purge"]
    assert walks_in_parts(callers, tenants, 2) > len(tenants.of_tenants)
    assert tenants.of_tenants == {"campaigns": OTHERS, "partners": OTHERS}
    assert sweep(callers.world)["left"] == 0
    assert callers.certificate(purge_id)["state"] == "done"


def test_a_position_in_the_list_of_a_tenant_that_is_gone_starts_the_walk_again(
    tenants: mailbox.FakeSesList,
) -> None:
    with pytest.raises(InvalidListPosition):
        parts().ses_suppression_list.page("former/token")
    assert tenants.pages_read == 0


def test_a_walk_that_cannot_read_the_list_of_a_tenant_proves_nothing(
    callers: ApiCallers, tenants: mailbox.FakeSesList
) -> None:
    callers.world.while_paused = lambda _: None
    purge_id = callers.report_minor(NOW, JOAN)["purge"]

    def fail_in_tenants() -> None:
        tenants.failure = "NotFoundException" if tenants.pages_read else ""

    tenants.before_response = fail_in_tenants
    assert walk(callers.world) == ["walk"]
    assert sweep(callers.world)["left"] == 1
    assert callers.certificate(purge_id)["state"] == "running"
