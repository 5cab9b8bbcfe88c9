"""People in batches, in order, and answers that the client refuses to understand."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from heed.client import NewChange, NoLinks, NotUnderstood, PersonCheck, PersonLinks, Refused
from tests.client.conftest import AS_OF, CannedAnswer, CannedApi, check_answer

READER = "reader@example.com"
WHO = "b" * 25 + "a"


LIST_HEADERS = {
    "List-Unsubscribe": "<https://example.com/u/t>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "List-Id": "Offers <offers.example.com>",
}


def links_answer(body: dict[str, Any]) -> dict[str, Any]:
    refs = body.get("refs", itertools.repeat(""))
    links = [
        {
            "address": person,
            "recipient": WHO,
            "unsubscribe_url": f"https://example.com/u/t?r={ref}",
            "preferences_url": "https://example.com/p/t",
            "headers": LIST_HEADERS,
            "tags": {"heed-recipient": WHO},
        }
        if "@" in person
        else {"address": person, "recipient": None, "error": "invalid"}
        for person, ref in zip(body["addresses"], refs, strict=False)
    ]
    return {"links": links}


def feed_page(cursor: str, *, end: bool, state: str = "standing") -> dict[str, Any]:
    entry = {
        "recipient": WHO,
        "reason": "unsubscribed",
        "scope": "*",
        "since": AS_OF,
        "source": "one-click",
        "until": None,
        "except": ["news"],
        "state": state,
    }
    return {"suppressions": [entry], "cursor": cursor, "end": end}


def test_any_number_of_people_is_checked_in_order_by_a_thousand(canned: CannedApi) -> None:
    canned.answers = [check_answer]
    people = [f"reader{n}@example.com" for n in range(2_001)]

    answers = list(canned.client().check("offers", iter(people)))

    assert [answer.person for answer in answers] == people
    assert [len(body["addresses"]) for body in canned.bodies] == [1_000, 1_000, 1]


def test_a_batch_is_requested_when_its_first_answer_is_read(canned: CannedApi) -> None:
    canned.answers = [check_answer]
    read = 0

    def people() -> Iterator[str]:
        nonlocal read
        for read in range(1, 5_001):
            yield f"reader{read}@example.com"

    answers = canned.client().check("offers", people())
    assert (read, len(canned.requests)) == (0, 0)
    next(answers)
    assert (read, len(canned.requests)) == (1_000, 1)


def test_nobody_is_checked_without_a_request(canned: CannedApi) -> None:
    assert list(canned.client().check("offers", [])) == []
    assert canned.requests == []


def test_answers_before_a_failure_count_and_none_after_it(canned: CannedApi) -> None:
    canned.answers = [check_answer, CannedAnswer({}, 500)]
    answers = canned.client().check("offers", [f"reader{n}@example.com" for n in range(1_001)])

    assert all(answer.sendable for answer in itertools.islice(answers, 1_000))
    with pytest.raises(Refused):
        next(answers)


@pytest.mark.parametrize(
    "people", [{}, {"addresses": [READER], "recipients": [WHO]}, {"addresses": READER}, {"recipients": WHO}]
)
def test_people_are_either_addresses_or_ids_and_several(canned: CannedApi, people: dict[str, Any]) -> None:
    for method in (canned.client().check, canned.client().links):
        with pytest.raises(TypeError):
            method("offers", **people)
    assert canned.requests == []


def test_ids_may_be_in_each_form_that_the_api_takes(canned: CannedApi) -> None:
    def answer(body: dict[str, Any]) -> dict[str, Any]:
        made = check_answer(body)
        for result in made["results"]:
            result["recipient"] = "a" * 26
        return made

    canned.answers = [answer]
    people = ["0" * 32, "A" * 26, "a" * 26]

    assert [each.person for each in canned.client().check("offers", recipients=people)] == people


def altered(path: tuple[str | int, ...], value: Any) -> Any:
    """Returns a function that changes or deletes a member of an answer to a check."""

    def answer(body: dict[str, Any]) -> Any:
        made = copy.deepcopy(check_answer(body))
        parent: Any = made
        for step in path[:-1]:
            parent = parent[step]
        if value is ...:
            del parent[path[-1]]
        else:
            parent[path[-1]] = value
        return made

    return answer


RESULT = ("results", 0)


@pytest.mark.parametrize(
    "answer",
    [
        CannedAnswer([]),
        CannedAnswer(b"null"),
        {},
        altered(("results",), []),
        altered(("results",), {}),
        altered(("results",), [None]),
        altered(("results",), ...),
        altered(("as_of",), "today"),
        altered(("as_of",), "2026-03-05T09:12:44"),
        altered(("as_of",), 5),
        altered((*RESULT, "sendable"), "true"),
        altered((*RESULT, "sendable"), 1),
        altered((*RESULT, "sendable"), None),
        altered((*RESULT, "sendable"), ...),
        altered((*RESULT, "reason"), "unsubscribed"),
        altered((*RESULT, "reason"), "of_a_later_version"),
        altered((*RESULT, "reason"), ...),
        altered((*RESULT, "recipient"), None),
        altered((*RESULT, "address"), "other@example.com"),
        altered((*RESULT, "address"), None),
        altered((*RESULT, "since"), 12),
        altered((*RESULT, "until"), "soon"),
    ],
)
def test_an_answer_that_is_not_understood_is_no_yes(canned: CannedApi, answer: Any) -> None:
    canned.answers = [answer]

    with pytest.raises(NotUnderstood):
        list(canned.client().check("offers", [READER]))


@pytest.mark.threat(
    "T56",
    "An answer loses its order or a row on its way, and the yes of one person becomes that of another.",
    "The client compares each row with its person, and takes nothing but `true` as a yes.",
)
def test_an_answer_about_another_id_is_not_understood(canned: CannedApi) -> None:
    canned.answers = [check_answer({"recipients": ["a" * 26]})]

    with pytest.raises(NotUnderstood):
        list(canned.client().check("offers", recipients=[WHO]))


def test_a_later_version_may_add_members_and_reasons_for_a_no(canned: CannedApi) -> None:
    result = {"sendable": False, "reason": "of_a_later_version", "new": 1}

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        made = check_answer(body)
        made["results"][0].update(result)
        return made

    canned.answers = [answer]
    (answered,) = canned.client().check("offers", [READER])

    assert isinstance(answered, PersonCheck)
    assert (answered.sendable, answered.reason) == (False, "of_a_later_version")


def test_links_are_in_order_with_the_ref_of_each_person(canned: CannedApi) -> None:
    canned.answers = [links_answer]
    people = [f"reader{n}@example.com" for n in range(1_001)]
    heed = canned.client()

    made = list(heed.links("offers", people, refs=map(str, range(1_001)), campaign="spring", lang="de"))

    assert [link.person for link in made] == people
    assert [link.unsubscribe_url.rpartition("=")[2] for link in made if isinstance(link, PersonLinks)] == [
        str(n) for n in range(1_001)
    ]
    assert [(body["campaign"], body["lang"], len(body["refs"])) for body in canned.bodies] == [
        ("spring", "de", 1_000),
        ("spring", "de", 1),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"List-Unsubscribe": "<https://example.com/u/t>"},
        {**LIST_HEADERS, "List-Id": "x\r\nBcc: other@example.com"},
        {**LIST_HEADERS, "X\nBcc": "other@example.com"},
        {**LIST_HEADERS, "List-Id": "ü"},
    ],
)
def test_headers_that_are_not_whole_or_make_others_are_not_understood(
    canned: CannedApi, headers: dict[str, str]
) -> None:
    answer = links_answer({"addresses": [READER]})
    answer["links"][0]["headers"] = headers
    canned.answers = [answer]
    with pytest.raises(NotUnderstood):
        list(canned.client().links("offers", [READER]))


def test_a_person_who_is_not_valid_has_no_links(canned: CannedApi) -> None:
    canned.answers = [links_answer]

    link, none = canned.client().links("offers", [READER, "nobody"])

    assert (none.person, isinstance(none, NoLinks), hasattr(none, "headers")) == ("nobody", True, False)
    assert isinstance(link, PersonLinks)
    assert link.warning == ""
    assert canned.bodies == [{"topic": "offers", "addresses": [READER, "nobody"]}]
    assert READER not in repr(link) and "/u/" not in repr(link)


def test_a_warning_is_at_each_person_of_its_answer(canned: CannedApi) -> None:
    canned.answers = [{**links_answer({"addresses": [READER]}), "warning": "no domain"}]

    (link,) = canned.client().links("offers", [READER])

    assert isinstance(link, PersonLinks)
    assert link.warning == "no domain"


@pytest.mark.parametrize("refs", [[], ["1"], ["1", "2", "3"]])
def test_people_without_a_ref_each_get_no_links(canned: CannedApi, refs: list[str]) -> None:
    canned.answers = [links_answer]

    with pytest.raises(ValueError, match="zip"):
        list(canned.client().links("offers", [READER, "other@example.com"], refs=refs))
    assert canned.requests == []


def test_changes_are_recorded_at_once_by_a_hundred(canned: CannedApi) -> None:
    result = {
        "recipient": WHO,
        "record": "new",
        "outcome": "applied",
        "blocked_by": [],
        "sendable": {"a": True},
    }
    canned.answers = [lambda body: {"results": [result] * len(body["changes"])}]
    change = NewChange(address=READER, scope="*", state="out")

    recorded = canned.client().record(iter([change] * 101))

    assert [answer.is_recorded for answer in recorded] == [True] * 101
    assert [len(body["changes"]) for body in canned.bodies] == [100, 1]
    assert READER not in repr(change)


@pytest.mark.parametrize(
    ("outcome", "is_recorded"), [("superseded", True), ("refused", False), ("new", False)]
)
def test_a_page_may_say_saved_only_of_what_is_recorded(
    canned: CannedApi, outcome: str, *, is_recorded: bool
) -> None:
    result = {"recipient": WHO, "record": "new", "outcome": outcome, "blocked_by": ["hold"], "sendable": {}}
    canned.answers = [{"results": [result]}]

    (answer,) = canned.client().record([NewChange(address=READER, scope="*", state="out")])

    assert answer.is_recorded is is_recorded


@pytest.mark.parametrize("results", [[], [{}], [{"recipient": WHO}], [None]])
def test_changes_without_a_result_each_are_not_known_to_be_recorded(canned: CannedApi, results: Any) -> None:
    canned.answers = [{"results": results}]

    with pytest.raises(NotUnderstood):
        canned.client().record([NewChange(address=READER, scope="*", state="out")])


def test_a_pass_of_the_feed_ends_with_its_last_page(canned: CannedApi) -> None:
    canned.answers = [feed_page("one", end=False), feed_page("two", end=True, state="lifted")]

    pages = list(canned.client().suppressions(cursor="zero&x", scope="news"))

    assert [page.cursor for page in pages] == ["one", "two"]
    assert [entry.is_lifted for page in pages for entry in page.suppressions] == [False, True]
    assert [path for _, path, _, _ in canned.requests] == [
        "/v1/suppressions?limit=1000&scope=news&cursor=zero%26x",
        "/v1/suppressions?limit=1000&scope=news&cursor=one",
    ]


def test_a_feed_that_does_not_go_on_is_not_read_for_ever(canned: CannedApi) -> None:
    canned.answers = [feed_page("one", end=False)]

    with pytest.raises(NotUnderstood):
        list(canned.client().suppressions())
    assert len(canned.requests) == 2


def test_the_state_of_a_later_version_is_no_lift(canned: CannedApi) -> None:
    canned.answers = [feed_page("one", end=True, state="of-a-later-version")]

    (page,) = canned.client().suppressions()

    assert [entry.is_lifted for entry in page.suppressions] == [False]


def test_values_and_failures_can_be_copied_to_another_process_and_become_json(canned: CannedApi) -> None:
    canned.answers = [links_answer]
    (link,) = canned.client().links("offers", [READER])
    assert isinstance(link, PersonLinks)
    refusal = Refused(422, {"type": "urn:heed:problem:invalid-request"}, 5)

    copied = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - made here

    assert pickle.loads(pickle.dumps(link)) == link  # noqa: S301 - made here
    assert json.loads(json.dumps(dataclasses.asdict(link)))["headers"] == link.headers
    assert (copied.status, copied.code, copied.retry_after) == (422, "invalid-request", 5)
