"""The contract of the ports Cases and CaseMails, on moto and on the emulator."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.dynamodb.cases import CasesTable
from heed.adapters.mailbox_bucket import CASES_FOLDER, MailboxBucket
from heed.domain.errors import UnreadableRecord
from heed.domain.mailbox.case import Case, CaseDecision, CaseKind, CaseState, Ruling, UnreadableCase
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.use_cases.ports.cases import CaseMails, CasePosition, Cases
from tests.support.deployment import NOW
from tests.support.template import table_definition

RULING = Ruling(CaseDecision.OPT_OUT, ScopeNumber(2), "as she writes", "key", NOW)
OTHER = Ruling(CaseDecision.NONE, ScopeNumber(0), "", "another key", Millis(NOW + 1))
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=["moto", pytest.param("emulator", marks=pytest.mark.system)])
def address(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The URL of the AWS under test; None: moto in this process."""
    if request.param == "emulator":
        yield request.getfixturevalue("emulator")
    else:
        with mock_aws():
            yield None


@pytest.fixture
def cases(address: str | None) -> Cases:
    """The cases, in a table of their own."""
    client = boto3.client("dynamodb", config=CLIENT_CONFIG, endpoint_url=address)
    name = f"Cases{next(_numbers)}"
    client.create_table(TableName=name, **table_definition("ControlTable"))
    return CasesTable(client, name)


@pytest.fixture
def mails(address: str | None) -> CaseMails:
    """The mails of cases, in a bucket of their own."""
    client = boto3.client("s3", config=CLIENT_CONFIG, endpoint_url=address)
    name = f"mails{next(_numbers)}"
    client.create_bucket(Bucket=name)
    return MailboxBucket(client, name, CASES_FOLDER)


def make_case(case_id: str = "a", due_at: int = NOW) -> Case:
    return Case(case_id, CaseKind.OPT_OUT_DOUBTFUL, "r" * 26, Millis(NOW - 1), Millis(due_at))


def test_an_added_case_is_found_and_an_unknown_one_is_not(cases: Cases) -> None:
    of_nobody = replace(make_case("b"), recipient="")
    for case in (make_case(), of_nobody):
        cases.add(case)
        assert cases.find(case.id) == case
    assert cases.find("c") is None


def test_a_case_that_is_added_again_stays_as_it_is(cases: Cases) -> None:
    cases.add(make_case())
    cases.claim("a", RULING)
    cases.add(make_case(due_at=NOW + 5))
    assert cases.find("a") == replace(make_case(), state=CaseState.DECIDING, ruling=RULING)


def test_open_cases_are_in_order_of_the_due_date_then_of_the_id(cases: Cases) -> None:
    ordered = [make_case("z", NOW - 1), make_case("a"), make_case("b"), make_case("c", NOW * 2)]
    for case in reversed(ordered):
        cases.add(case)
    assert list(cases.open_cases()) == ordered
    assert list(cases.open_cases(CasePosition(NOW, "a"))) == ordered[2:]
    assert list(cases.open_cases(CasePosition(Millis(NOW * 2), "c"))) == []


def test_the_first_ruling_counts(cases: Cases) -> None:
    cases.add(make_case())
    expected = replace(make_case(), state=CaseState.DECIDING, ruling=RULING)
    assert cases.claim("a", RULING) == expected
    assert cases.claim("a", OTHER) == expected
    assert list(cases.open_cases()) == [expected]


def test_a_closed_case_names_nobody_and_is_in_no_list(cases: Cases) -> None:
    cases.add(make_case())
    for _ in range(2):
        closed = cases.close(cases.claim("a", RULING))
        assert closed == replace(make_case(), recipient="", state=CaseState.DECIDED, ruling=RULING)
        assert cases.find("a") == closed
    assert list(cases.open_cases()) == []


def test_a_case_without_a_ruling_is_not_closed(cases: Cases) -> None:
    cases.add(make_case())
    cases.close(make_case())
    assert cases.find("a") == make_case()


def test_an_unreadable_case_is_listed_by_its_id_alone(cases: Cases, address: str | None) -> None:
    cases.add(make_case("a"))
    cases.add(make_case("b"))
    boto3.client("dynamodb", endpoint_url=address).update_item(
        TableName=f"Cases{next(_numbers) - 1}",
        Key={"pk": {"S": "case#a"}},
        UpdateExpression="SET kind = :kind",
        ExpressionAttributeValues={":kind": {"S": "of a later version"}},
    )
    assert list(cases.open_cases()) == [UnreadableCase("a"), make_case("b")]
    with pytest.raises(UnreadableRecord):
        cases.find("a")


def test_a_mail_is_kept_until_it_is_deleted(mails: CaseMails) -> None:
    mails.keep("a", b"first")
    mails.keep("a", b"mail")
    assert mails.read("a") == b"mail"
    for _ in range(2):
        mails.delete("a")
    assert mails.read("a") is None


def test_the_first_mebibyte_of_a_mail_is_read(mails: CaseMails) -> None:
    mails.keep("a", bytes(2**20) + b"more")
    assert mails.read("a") == bytes(2**20)
    mails.keep("b", bytes(2**20))
    assert mails.read("b") == bytes(2**20)


def test_an_empty_mail_is_read(mails: CaseMails) -> None:
    mails.keep("a", b"")
    assert mails.read("a") == b""
