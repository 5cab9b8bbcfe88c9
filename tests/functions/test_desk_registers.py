"""The pages of the registers: certificates of erasures, disclosures, and how soon opt-outs took effect."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from heed.domain.desk.session import DeskRole
from heed.domain.ledger.entry import EntryOutcome, LedgerEntry
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS, Source
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosurePurpose
from heed.domain.privacy.erasure import ErasureCause
from heed.domain.privacy.purge import Purge, PurgeState
from heed.entrypoints.http.desk import register_rows, registers
from tests.support.deployment import NOW, World, client, parts
from tests.support.desk import Browser, sign_in

LANGUAGES = ("en", "de", "fr", "es", "ja")
MINUTE, HOUR = 60_000, 3_600_000
PAGES = ("/desk/purges", f"/desk/purges/{'0' * 32}", "/desk/disclosures", "/desk/deadlines")


@pytest.fixture
def officer(world: World) -> Browser:
    return sign_in(world, DeskRole.PRIVACY)


def order_purge(number: int, at: Millis = NOW, cause: ErasureCause = ErasureCause.ERASURE) -> Purge:
    purge = Purge(f"{number:032x}", cause, PurgeState.DUE, at, subject="ab" * 32)
    parts().purges.order(purge, NOW)
    return purge


def finish(purge: Purge, **stores: int) -> None:
    started = parts().purges.start(purge.id, purge.cause, purge.requested_at)
    parts().purges.finish(started, stores, Millis(NOW + HOUR))


def disclose(count: int, what: str = "lookup", at: int = NOW) -> None:
    for _ in range(count):
        details = DisclosureDetails(Millis(at), what, DisclosurePurpose.DATA_SUBJECT, 1, "0123456789abcdef")
        parts().disclosures.append(details)


def enter(number: int, delay: int, source: Source = Source.LINK) -> None:
    entry = LedgerEntry(
        subject=f"{number:064x}",
        seq=1,
        scope=ALL_SCOPES,
        register="out",
        at=Millis(NOW - delay),
        recorded_at=NOW,
        source=source.value,
        policy_version="",
        commitment="ab" * 32,
        outcome=EntryOutcome.APPLIED,
    )
    parts().ledger.enter(entry, '{"reason":"secret words"}')


def rows(page: str) -> Iterator[list[str]]:
    """Yields the texts of the cells of each row."""
    for row in page.split("<tr>")[1:]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        yield [re.sub(r"<[^>]*>", "", cell) for cell in cells]


@pytest.mark.parametrize("path", PAGES)
def test_the_registers_are_for_privacy_officers(world: World, path: str) -> None:
    agent = sign_in(world)
    assert agent.get(path)["statusCode"] == 403
    assert path not in agent.page("/desk")


def test_certificates_are_listed_with_the_newest_first(world: World, officer: Browser) -> None:
    old = order_purge(1, Millis(NOW - DAY_MS))
    new = order_purge(2, NOW, ErasureCause.MINOR)
    finish(old, ledger_evidence=3)
    page = officer.page("/desk/purges")
    assert re.findall(r'href="/desk/purges/([0-9a-f]{32})"', page) == [new.id, old.id]
    assert "report of a child" in page
    assert "deleted from all stores" in page
    assert new.subject not in page


def test_a_purge_whose_order_has_expired_is_listed_when_it_starts(world: World, officer: Browser) -> None:
    finish(Purge("a" * 32, ErasureCause.ERASURE, PurgeState.DUE, NOW))
    assert "a" * 32 in officer.page("/desk/purges")


def test_a_long_list_of_certificates_has_pages(officer: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registers, "MAX_SHOWN_PURGES", 2)
    purges = [order_purge(number, Millis(NOW - number)) for number in range(5)]
    url, ids = "/desk/purges", []
    while url:
        page = officer.page(url)
        ids += re.findall(r'href="/desk/purges/([0-9a-f]{32})"', page)
        url = next(iter(re.findall(r'href="(/desk/purges\?cursor=[^"]*)"', page)), "")
    assert ids == [purge.id for purge in purges]


def test_a_certificate_that_cannot_be_read_is_named_by_its_id(world: World, officer: Browser) -> None:
    good, bad = order_purge(1), order_purge(2)
    item = next(item for item in world.items("Control") if item["pk"]["S"] == f"purge#{bad.id}")
    client("dynamodb").put_item(TableName="Control", Item={**item, "state": {"S": "unknown"}})
    page = officer.page("/desk/purges")
    assert re.findall(r'href="/desk/purges/([0-9a-f]{32})"', page) == [good.id]
    assert bad.id in page
    assert officer.get(f"/desk/purges/{bad.id}")["statusCode"] == 503


@pytest.mark.parametrize("cursor", ["x", "1-x", "9" * 5_000])
def test_a_cursor_that_no_page_has_is_404(officer: Browser, cursor: str) -> None:
    assert officer.get(f"/desk/purges?cursor={cursor}")["statusCode"] == 404
    assert officer.get(f"/desk/disclosures?before={cursor}")["statusCode"] == 404


@pytest.mark.parametrize("purge", ["0" * 32, "ABC", "0" * 33])
def test_an_unknown_certificate_is_404(officer: Browser, purge: str) -> None:
    assert officer.get(f"/desk/purges/{purge}")["statusCode"] == 404


def test_a_certificate_shows_what_was_deleted_and_when(officer: Browser) -> None:
    purge = order_purge(1)
    waiting = officer.page(f"/desk/purges/{purge.id}")
    assert "waits to be deleted" in waiting
    assert "No backup identifies the person from" not in waiting
    finish(purge, cases=0, mail_caps=12)
    page = officer.page(f"/desk/purges/{purge.id}")
    assert "deleted from all stores" in page
    assert list(rows(page))[1:] == [["cases", "0"], ["mail_caps", "12"]]
    assert "No backup identifies the person from" in page
    assert purge.subject not in page


def test_the_register_of_disclosures_is_shown_with_the_newest_first_and_is_whole(officer: Browser) -> None:
    disclose(2)
    disclose(1, "a kind of a later release")
    page = officer.page("/desk/disclosures")
    assert "Whole: yes." in page
    assert "from number 1 to number 3" in page
    assert [row[0] for row in rows(page)][1:] == ["3", "2", "1"]
    assert [row[2] for row in rows(page)][1:] == ["something else", "a person’s record", "a person’s record"]
    assert "0123456789abcdef" in page


def test_a_register_without_entries_says_so(officer: Browser) -> None:
    assert "Nothing was disclosed." in officer.page("/desk/disclosures")


@pytest.mark.parametrize("change", ["altered", "removed", "inserted-hash"])
def test_a_register_that_somebody_changed_is_not_whole(world: World, officer: Browser, change: str) -> None:
    disclose(4)
    key = {"pk": {"S": f"disclosure#{2:012d}"}}
    if change == "removed":
        client("dynamodb").delete_item(TableName="Control", Key=key)
    else:
        item = next(item for item in world.items("Control") if item["pk"] == key["pk"])
        field = {"people": {"N": "9"}} if change == "altered" else {"before": {"S": "0" * 64}}
        client("dynamodb").put_item(TableName="Control", Item={**item, **field})
    page = officer.page("/desk/disclosures")
    assert "Whole: no." in page
    assert "Whole: yes" not in page


def test_the_register_has_pages_and_the_first_says_how_far_it_was_checked(
    officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registers, "MAX_SHOWN_DISCLOSURES", 2)
    monkeypatch.setattr(registers, "_PAGE", 2)
    monkeypatch.setattr(registers, "MAX_CHECKED_DISCLOSURES", 4)
    disclose(7)
    first = officer.page("/desk/disclosures")
    assert "from number 4 to number 7" in first
    assert "Older entries were not checked." in first
    url, numbers = "/desk/disclosures", []
    while url:
        page = officer.page(url)
        numbers += [row[0] for row in rows(page)][1:]
        url = next(iter(re.findall(r'href="(/desk/disclosures\?before=[^"]*)"', page)), "")
    assert numbers == list("7654321")
    assert "Whole" not in page


def test_the_deadlines_compare_each_way_with_each_rule(officer: Browser) -> None:
    enter(1, 2_000)
    enter(2, 30 * MINUTE)
    enter(3, 11 * DAY_MS, Source.LETTER)
    enter(4, 5_000 * DAY_MS, Source.IMPORT)
    page = officer.page("/desk/deadlines")
    table = list(rows(page))
    over = {row[0]: row[2] for row in table if len(row) == 4}
    assert (over["Gmail, bulk senders"], over["CAN-SPAM"], over["CCPA, opt-out of sale"]) == ("1", "1", "0")
    delays = {row[0]: row[1:] for row in table if len(row) == 5}
    assert delays["by a link in an email"] == ["2", "1", "2", "30 min"]
    assert delays["by letter"] == ["1", "0", "0", "11 days"]
    assert "from another system’s list" not in page
    assert "The whole ledger was read: 4 entries." in page
    assert "secret words" not in page


@pytest.mark.parametrize(
    ("delay", "shown"),
    [
        (0, "0 s"),
        (1_500, "2 s"),
        (119_000, "119 s"),
        (2 * MINUTE + 1, "3 min"),
        (2 * HOUR, "2 hours"),
        (47 * HOUR + 1_000, "48 hours"),
        (5_298 * DAY_MS, "5298 days"),
    ],
)
def test_a_long_time_is_in_days_and_rounded_up(officer: Browser, delay: int, shown: str) -> None:
    enter(1, delay)
    *_, row = rows(officer.page("/desk/deadlines"))
    assert row[4] == shown


def test_a_large_ledger_is_read_in_part_and_the_page_says_so(
    officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_rows, "MAX_READ_ENTRIES", 2)
    for number in range(3):
        enter(number, 0)
    page = officer.page("/desk/deadlines")
    assert "Only 2 entries of the ledger were read" in page


def test_an_entry_that_cannot_be_read_is_counted(world: World, officer: Browser) -> None:
    enter(1, 0)
    (item,) = world.items("Ledger")
    client("dynamodb").put_item(TableName="Ledger", Item={**item, "id": {"S": "x"}})
    assert "1 of them could not be read." in officer.page("/desk/deadlines")


def test_a_ledger_without_an_opt_out_says_so(officer: Browser) -> None:
    assert "There is no opt-out in what was read." in officer.page("/desk/deadlines")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_register_is_shown_in_each_language(officer: Browser, language: str) -> None:
    officer.language = language
    for number, cause in enumerate(ErasureCause):
        finish(order_purge(number, NOW, cause), cases=1)
    for what in ("lookup", "suppressions", "proof", "case", "import", "scrub", "snapshot", "link"):
        disclose(1, what)
    for number, source in enumerate(Source):
        enter(number, number * DAY_MS, source)
    for path in ("/desk/purges", f"/desk/purges/{0:032x}", "/desk/disclosures", "/desk/deadlines"):
        assert f'<html lang="{language}">' in officer.page(path)
