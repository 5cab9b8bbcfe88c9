"""The chart of numbers."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.desk.session import DeskRole
from heed.domain.numbers.numbers import NumberColumn, NumberGrouping, NumberRow
from heed.entrypoints.http.desk.chart import HEIGHT, WIDTH, lay_out_chart
from heed.entrypoints.http.desk.desk_pages import DeskPages
from heed.entrypoints.http.desk.number_views import NumbersView
from heed.entrypoints.http.desk.views import DeskFrame
from tests.support.sample_brand import brand

DESK = Path(__file__).parents[2] / "layers" / "brand" / "desk"
SVG = "{http://www.w3.org/2000/svg}"
Rect = tuple[float, float, float, float]


def parse(*rows: NumberRow) -> ET.Element:
    """Draws a chart, and parses it as the browser parses SVG within a page."""
    view = NumbersView(
        frame=DeskFrame(language="en", brand="Example", path="/desk/numbers", role=DeskRole.PRIVACY),
        first="2026-03-04",
        last="2026-03-05",
        groupings=(),
        grouping=NumberGrouping.DAY,
        chart=lay_out_chart(rows),
        chart_is_part=False,
        rows=(),
        left_out="",
        file_url="",
        first_is_wrong=False,
        last_is_wrong=False,
    )
    page = DeskPages(brand()).render("numbers", view)
    text = page[page.index("<svg ") : page.index("</svg>") + len("</svg>")]
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314 - our own text


def row(key: str, opted_out: int = 0, bounced: int = 0) -> NumberRow:
    return NumberRow(key, {NumberColumn.OPTED_OUT: opted_out, NumberColumn.BOUNCED: bounced})


def rectangles(chart: ET.Element, column: str) -> list[Rect]:
    found = [rect for rect in chart.iter(f"{SVG}rect") if rect.get("class") == column]
    return [tuple(float(rect.attrib[name]) for name in ("x", "y", "width", "height")) for rect in found]  # type: ignore[misc]


def contrast(first: str, second: str) -> float:
    low, high = sorted(map(_luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def labels(chart: ET.Element) -> list[str | None]:
    return [text.text for text in chart.iter(f"{SVG}text")]


def test_each_count_is_a_rectangle_as_high_as_its_share_of_the_scale() -> None:
    chart = parse(row("2026-03-04", 10, 5), row("2026-03-05", 20))
    first, second = rectangles(chart, "opted_out")
    (bounced,) = rectangles(chart, "bounced")
    assert first[3] * 2 == second[3] and bounced[3] * 2 == first[3]
    assert bounced[1] + bounced[3] == pytest.approx(first[1]), "a bar stands on the one below"
    assert first[0] + first[2] < second[0], "two bars have a gap"
    assert labels(chart) == ["20", "0", "2026-03-04", "2026-03-05"]


def test_a_screen_reader_gets_a_title_and_a_description() -> None:
    chart = parse(row("a", 1))
    named = chart.attrib["aria-labelledby"].split()
    described = {element.get("id"): element.text for element in chart}
    assert chart.get("role") == "img"
    assert [described[name] for name in named] == [
        "Changes",
        "A bar for each row of the table below, which has the same numbers.",
    ]


def test_each_rectangle_says_its_number() -> None:
    chart = parse(row("spring", 1_200))
    assert [rect[0].text for rect in chart.iter(f"{SVG}rect")] == ["spring: 1200 opted out"]


def test_rows_without_changes_make_a_chart_without_bars() -> None:
    chart = parse(row("2026-03-04"), row("2026-03-05"))
    assert list(chart.iter(f"{SVG}rect")) == []
    assert labels(chart)[:2] == ["1", "0"]


def test_text_is_text_and_never_markup() -> None:
    evil = '</title><script>alert("x")</script>&'
    chart = parse(row(evil, 1))
    assert list(chart.iter(f"{SVG}script")) == []
    assert evil in labels(chart)


def test_the_policy_of_the_pages_blocks_nothing_of_the_chart() -> None:
    chart = parse(row("a", 1), row("b", 2, 3))
    for element in chart.iter():
        assert not any(name == "style" or name.startswith("on") or ":" in name for name in element.attrib)
        assert element.tag.removeprefix(SVG) in {"svg", "title", "desc", "rect", "text", "line"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_column_has_a_colour_with_enough_contrast_to_the_page(scheme: str) -> None:
    """WCAG 2.2, success criterion 1.4.11."""
    light, _, dark = (DESK / "colours.css").read_text().partition("@media")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", dark if scheme == "dark" else light))
    style = (DESK / "style.css").read_text()
    for column in NumberColumn:
        name = column.value.replace("_", "-")
        assert f".chart .{column.value} {{\n  fill: var(--{name});" in style
        assert contrast(colours[name], colours["card"]) >= 3, (column, scheme)


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=366),
)
def test_everything_is_within_the_drawing(counts: list[tuple[int, int]]) -> None:
    chart = parse(*(row(str(place), *pair) for place, pair in enumerate(counts)))
    for column in ("opted_out", "bounced"):
        for x, y, width, height in rectangles(chart, column):
            assert x >= 0 and x + width <= WIDTH
            assert y >= 0 and y + height <= HEIGHT
