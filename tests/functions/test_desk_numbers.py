"""The page of numbers: a period, a chart, the same numbers as a table, and as CSV."""

from __future__ import annotations

import csv
import re
from io import StringIO

import pytest

from heed.domain.desk.session import DeskRole
from heed.domain.numbers.numbers import CountedKey, NumberColumn, NumberGrouping
from heed.domain.preferences.register import DAY_MS, Source
from heed.entrypoints.http.desk import numbers
from tests.support.deployment import NOW, World, parts
from tests.support.desk import Browser, sign_in
from tests.support.failing_client import FailingCalls

LANGUAGES = ("en", "de", "fr", "es", "ja")
TODAY = NOW // DAY_MS  # 2026-03-05
PERIOD = "from=2026-03-04&to=2026-03-05"


@pytest.fixture
def officer(world: World) -> Browser:
    return sign_in(world, DeskRole.PRIVACY)


def count(grouping: NumberGrouping, key: str, column: NumberColumn, number: int, day: int = TODAY) -> None:
    counted = {CountedKey(grouping, key): {column: number}}
    assert parts().numbers.count(f"{grouping} {key} {column} {day}", day, counted, NOW)


def table(page: str) -> dict[str, list[str]]:
    """Returns the cells of each row by the name of the row."""
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("<tr>")[1:]]
    return {name: cells for name, *cells in rows}


@pytest.mark.parametrize("path", ["/desk/numbers", "/desk/numbers.csv"])
def test_the_numbers_are_for_privacy_officers(world: World, path: str) -> None:
    agent = sign_in(world)
    assert agent.get(path)["statusCode"] == 403
    assert "/desk/numbers" not in agent.page("/desk")


def test_the_page_begins_with_the_last_thirty_days(officer: Browser) -> None:
    count(NumberGrouping.SOURCE, Source.LINK.value, NumberColumn.OPTED_OUT, 7)
    page = officer.page("/desk/numbers")
    assert 'name="from" type="date" value="2026-02-04"' in page
    assert 'name="to" type="date" value="2026-03-05"' in page
    assert len(table(page)) == 30
    assert table(page)["2026-03-05"] == ["7", "0", "0", "0", "0"]
    assert page.count("<rect ") == 1
    assert "<script" not in page
    assert "style=" not in page


def test_the_rows_of_a_chart_are_the_rows_of_the_table(officer: Browser) -> None:
    count(NumberGrouping.SOURCE, Source.LINK.value, NumberColumn.OPTED_OUT, 7, TODAY - 1)
    count(NumberGrouping.SOURCE, Source.PHONE.value, NumberColumn.OPTED_IN, 2)
    count(NumberGrouping.SOURCE, Source.IMPORT.value, NumberColumn.OPTED_OUT, 9_000)
    page = officer.page(f"/desk/numbers?{PERIOD}&by=source")
    assert table(page) == {
        "from another system’s list": ["9000", "0", "0", "0", "0"],
        "by a link in an email": ["7", "0", "0", "0", "0"],
        "by phone": ["0", "2", "0", "0", "0"],
    }
    titles = set(re.findall(r"<rect [^>]*><title>([^<]*)</title>", page))
    assert titles == {"import: 9000 opted out", "link: 7 opted out", "phone: 2 opted in"}
    by_day = table(officer.page(f"/desk/numbers?{PERIOD}"))
    assert by_day == {"2026-03-04": ["7", "0", "0", "0", "0"], "2026-03-05": ["0", "2", "0", "0", "0"]}


def test_a_topic_has_its_name_and_a_campaign_its_own(officer: Browser) -> None:
    count(NumberGrouping.TOPIC, "offers", NumberColumn.PAUSED, 1)
    count(NumberGrouping.TOPIC, "a-topic-of-an-earlier-release", NumberColumn.PAUSED, 1)
    count(NumberGrouping.CAMPAIGN, "=1+1", NumberColumn.COMPLAINED, 3)
    topics = table(officer.page(f"/desk/numbers?{PERIOD}&by=topic"))
    catalogue = parts().catalogue
    name = catalogue.topics[catalogue.scope_number("offers")].names["en"]
    assert set(topics) == {name, "a-topic-of-an-earlier-release"}
    assert table(officer.page(f"/desk/numbers?{PERIOD}&by=campaign")) == {"=1+1": ["0", "0", "0", "3", "0"]}


def test_the_file_has_the_same_numbers_and_runs_no_formula(officer: Browser) -> None:
    count(NumberGrouping.CAMPAIGN, "=cmd|'/c calc'!A1", NumberColumn.OPTED_OUT, 3)
    count(NumberGrouping.CAMPAIGN, "spring", NumberColumn.BOUNCED, 1)
    page = officer.page(f"/desk/numbers?{PERIOD}&by=campaign")
    (url,) = re.findall(r'href="(/desk/numbers\.csv[^"]*)"', page)
    answer = officer.get(url.replace("&amp;", "&"))
    headers = answer["headers"]
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    name = "numbers-2026-03-04-2026-03-05-campaign.csv"
    assert headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
    assert list(csv.reader(StringIO(answer["body"]))) == [
        ["campaign", "opted_out", "opted_in", "paused", "complained", "bounced"],
        ["'=cmd|'/c calc'!A1", "3", "0", "0", "0", "0"],
        ["spring", "0", "0", "0", "0", "1"],
    ]


def test_hostile_names_of_campaigns_stay_text(officer: Browser) -> None:
    count(NumberGrouping.CAMPAIGN, "</title><script>alert(1)</script>", NumberColumn.OPTED_OUT, 1)
    page = officer.page(f"/desk/numbers?{PERIOD}&by=campaign")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_long_table_says_what_only_the_file_has(officer: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "MAX_TABLE_ROWS", 2)
    monkeypatch.setattr(numbers, "MAX_CHART_ROWS", 1)
    for number in (1, 2, 3):
        count(NumberGrouping.CAMPAIGN, f"c{number}", NumberColumn.OPTED_OUT, number)
    page = officer.page(f"/desk/numbers?{PERIOD}&by=campaign")
    assert list(table(page)) == ["c1", "c2"]
    assert "1 more rows are in the file." in page
    assert re.findall(r"<rect [^>]*><title>([^<]*)</title>", page) == ["c3: 3 opted out"]
    assert "The chart has the rows with the most changes." in page
    file = officer.get(f"/desk/numbers.csv?{PERIOD}&by=campaign")["body"]
    assert len(file.splitlines()) == 4


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("to=2026-02-30", "to"),
        ("from=2026-03-05&to=2026-03-04", "from"),
        ("from=2020-01-01&to=2026-03-04", "from"),
        (f"from={'9' * 5_000}", "from"),
    ],
)
def test_a_mistake_in_a_date_is_shown_at_its_field(officer: Browser, query: str, field: str) -> None:
    answer = officer.get(f"/desk/numbers?{query}")
    assert answer["statusCode"] == 422
    assert f'<a href="#{field}">Enter a first and a last day' in answer["body"]
    assert re.search(rf'<input id="{field}"[^>]* aria-invalid="true"', answer["body"])
    assert "<svg" not in answer["body"]
    assert officer.get(f"/desk/numbers.csv?{query}")["statusCode"] == 404


@pytest.mark.parametrize("by", ["person", "<script>"])
def test_numbers_by_something_else_are_404(officer: Browser, by: str) -> None:
    assert officer.get(f"/desk/numbers?by={by}")["statusCode"] == 404


def test_empty_fields_of_the_form_are_the_defaults(officer: Browser) -> None:
    assert officer.get("/desk/numbers?from=&to=&by=")["statusCode"] == 200


def test_a_period_without_changes_says_so(officer: Browser) -> None:
    page = officer.page(f"/desk/numbers?{PERIOD}&by=campaign")
    assert "There were no changes." in page
    assert "<svg" not in page


def test_counts_that_cannot_be_read_are_no_zeros(officer: Browser) -> None:
    officer.page("/desk/numbers")
    FailingCalls("dynamodb", "BatchGetItem")
    assert officer.get("/desk/numbers")["statusCode"] == 503


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("by", list(NumberGrouping))
def test_the_numbers_are_shown_in_each_language(officer: Browser, language: str, by: NumberGrouping) -> None:
    officer.language = language
    for source in Source:
        count(NumberGrouping.SOURCE, source.value, NumberColumn.OPTED_OUT, 1)
    page = officer.page(f"/desk/numbers?{PERIOD}&by={by}")
    assert f'<html lang="{language}">' in page


def test_a_period_with_too_many_keys_is_a_mistake_in_its_first_day(
    officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (TODAY - 1, TODAY):
        count(NumberGrouping.CAMPAIGN, "spring", NumberColumn.OPTED_OUT, 1, day)
    monkeypatch.setattr("heed.use_cases.numbers.list_numbers.MAX_READ_KEYS", 1)
    answer = officer.get(f"/desk/numbers?{PERIOD}&by=campaign")
    assert answer["statusCode"] == 422
    assert re.search(r'<input id="from"[^>]* aria-invalid="true"', answer["body"])
    assert "With very many campaigns, choose fewer days." in answer["body"]
    assert officer.get(f"/desk/numbers.csv?{PERIOD}&by=campaign")["statusCode"] == 404
    assert officer.get("/desk/numbers?from=2026-03-05&to=2026-03-05&by=campaign")["statusCode"] == 200
