"""A mail or a case of a person who is erased: nothing from before the erasure counts, and nothing returns."""

from __future__ import annotations

from typing import Any

import pytest

from functions.cases import app as cases
from functions.purge import app as purge
from heed.domain.mailbox.case import Case, CaseDecision, CaseKind, CaseState, Ruling
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ALL_SCOPES, Change, Entry, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from tests.support.deployment import World, client, parts
from tests.support.inbound_mailbox import SENDER, Mailbox, store_mail
from tests.support.inbound_mails import RECEIVED, read_mail
from tests.support.mailbox import fake_ses_list
from tests.support.registers import in_

ERASED = Millis(RECEIVED + 60_000)
KID = "kid@example.net"
PARENT_MAIL = read_mail("under-13-parent-deletion-request")


@pytest.fixture
def mailbox(world: World) -> Mailbox:
    world.context.milliseconds_left = 300_000
    return Mailbox(world)


def erase_and_purge(world: World, cause: ErasureCause, address: str = SENDER) -> None:
    recipient = world.recipient(address)
    world.apply_changes(address, Change(in_(2), Entry(Millis(RECEIVED - 1), Source.LINK, "{}")))
    parts().erase(recipient, ErasureRequest(cause, ERASED, Source.PHONE, "call 1", "key", ""))
    with fake_ses_list():
        assert purge.handler({}, world.context)["left"] == 0


def case_items(world: World) -> list[dict[str, Any]]:
    return [item for item in world.items(world.control) if item["pk"]["S"].startswith("case#")]


def decide(case: Case, decision: CaseDecision) -> Case:
    ruling = Ruling(decision, ALL_SCOPES, "as the mail says", "key", Millis(ERASED + 60_000))
    return parts().decide_case(case.id, ruling, "https://prefs.example.com")


@pytest.mark.parametrize("cause", ErasureCause)
def test_an_opt_out_that_waited_during_the_erasure_changes_nothing_and_is_deleted(
    mailbox: Mailbox, cause: ErasureCause
) -> None:
    store_mail(read_mail("empty-subject-stop-in-body"))
    erase_and_purge(mailbox.world, cause)
    before = mailbox.world.items()
    mailbox.notify()
    assert (mailbox.world.items(), mailbox.objects("")) == (before, [])


def test_a_request_that_waited_during_the_erasure_becomes_a_case_that_somebody_decides(
    mailbox: Mailbox,
) -> None:
    store_mail(read_mail("erasure-request-gdpr"))
    erase_and_purge(mailbox.world, ErasureCause.ERASURE)
    mailbox.notify()
    (case,) = mailbox.cases()
    decide(case, CaseDecision.NONE)
    assert (mailbox.cases(), mailbox.objects("")) == ([], [])


def test_the_report_of_a_child_whose_record_is_erased_already_pauses_nothing(mailbox: Mailbox) -> None:
    store_mail(PARENT_MAIL)
    erase_and_purge(mailbox.world, ErasureCause.MINOR, KID)
    mailbox.notify()
    assert [case.kind for case in mailbox.cases()] == [CaseKind.CHILD_REPORT]
    cases.handler({}, mailbox.world.context)
    assert mailbox.registers(KID) == {"x:minor", "o:0"}


@pytest.mark.threat(
    "T22",
    "The table is restored from a backup, and people who opted out or were erased since then get mail again.",
    "A restored case has no mail any more, and nothing from before the erasure counts in its decision.",
)
@pytest.mark.parametrize("decision", [CaseDecision.OPT_OUT, CaseDecision.NONE])
def test_a_restored_case_of_an_erased_person_has_no_mail_and_its_decision_changes_no_record(
    mailbox: Mailbox, decision: CaseDecision
) -> None:
    mailbox.receive(read_mail("erasure-request-gdpr"))
    backup = case_items(mailbox.world)
    erase_and_purge(mailbox.world, ErasureCause.ERASURE)
    assert (mailbox.cases(), mailbox.objects("")) == ([], [])
    before = mailbox.world.items()
    for item in backup:  # the whole table is restored
        client("dynamodb").put_item(TableName=mailbox.world.control, Item=item)
    (case,) = mailbox.cases()
    assert parts().show_case(case.id, "key", ERASED).mail is None
    assert decide(case, decision).state is CaseState.DECIDED
    assert mailbox.world.items() == before
    (item,) = case_items(mailbox.world)
    assert mailbox.world.recipient(SENDER) not in repr(item)
