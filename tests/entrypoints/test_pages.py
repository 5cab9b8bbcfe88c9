"""The HTML of the pages: their content, their safety and their size."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import ModuleLoader, UndefinedError
from markupsafe import escape

from brand_compiler.preview import catalogue, render
from brand_compiler.samples import answers, sample_mails, sample_views
from heed.entrypoints.http.pages.mail_views import MAIL_VIEWS
from heed.entrypoints.http.pages.pages import Pages, escape_html, page_headers
from heed.entrypoints.http.pages.views import VIEWS, LandingView, PageView
from tests.support.brands import LANGUAGES
from tests.support.full import examples
from tests.support.sample_brand import brand as compiled_brand

VOID = {"meta", "input", "br", "link", "img", "hr"}
HOSTILE = "\"'><script>alert(1)</script><a onclick=x href=javascript:x>&amp;{topic}{{x}}\0\u202e"


class Document(HTMLParser):
    """The elements and texts of a page. It fails if tags are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, *tags: str) -> Iterator[dict[str, str | None]]:
        """Returns the attributes of each element with one of these tags, in order."""
        return (attributes for tag, attributes in self.elements if tag in tags)


@pytest.fixture(scope="module")
def folder() -> Path:
    return compiled_brand()


@pytest.fixture(scope="module")
def pages(folder: Path) -> Pages:
    return Pages(folder)


@pytest.fixture(scope="module")
def html(folder: Path, pages: Pages) -> dict[tuple[str, str], str]:
    """The pages by language and sample."""
    topics = catalogue(folder)["topics"]
    return {
        (language, name): page
        for language in LANGUAGES
        for name, page in (
            *((name, render(pages, *view)) for name, view in sample_views(language, topics).items()),
            *answers(pages, language).items(),
        )
    }


def test_each_page_has_a_sample(folder: Path, pages: Pages) -> None:
    shown = {page for page, _ in sample_views("en", catalogue(folder)["topics"]).values()}
    rendered_at_build = {name.partition("-")[0] for name in answers(pages, "en")}

    assert shown | rendered_at_build == set(VIEWS)


def test_the_samples_run_each_line_of_each_page_in_each_language(folder: Path) -> None:
    pages, topics = Pages(folder), catalogue(folder)["topics"]
    ran: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(str(folder)):
            return None
        if event == "line":
            ran.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    sys.settrace(trace)
    try:
        for language in LANGUAGES:
            for page, view in sample_views(language, topics).values():
                render(pages, page, view)
            for part, mail in sample_mails(language):
                pages.mail(part, mail)
    finally:
        sys.settrace(None)

    modules = sorted((folder / "pages").rglob("tmpl_*.py"))
    assert len(modules) == (7 + len(MAIL_VIEWS)) * len(LANGUAGES)
    for module in modules:
        lines = module.read_text(encoding="utf-8").splitlines()
        shown = {number for number, line in enumerate(lines, 1) if line.strip().startswith("yield ")}
        assert shown
        assert [lines[number - 1] for number in shown if (str(module), number) not in ran] == []


def test_each_page_is_well_formed_and_has_its_language(
    html: dict[tuple[str, str], str],
) -> None:
    for (language, _), page in html.items():
        document = Document(page)
        tags = [tag for tag, _ in document.elements]

        assert page.startswith("<!doctype html>\n")
        assert next(document.all("html"))["lang"] == language
        assert [tags.count(tag) for tag in ("h1", "main", "header", "title")] == [1, 1, 1, 1]
        assert re.findall("<title>.*</title>", page)[0].count("Meridian Watches") == 1
        ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        levels = [int(tag[1]) for tag in tags if tag in {"h1", "h2", "h3"}]
        assert all(b <= a + 1 for a, b in pairwise(levels))


def test_a_page_loads_nothing_and_runs_nothing(html: dict[tuple[str, str], str]) -> None:
    for page in html.values():
        document = Document(page)
        for tag, attributes in document.elements:
            assert tag not in {"script", "img", "link", "iframe", "object", "video", "base"}
            assert not {"src", "srcset", "style", "background"} & set(attributes)
            assert not [name for name in attributes if name.startswith("on")]
        for link in document.all("a"):
            to = link["href"] or ""
            assert to.startswith(("/", "?", "#", "mailto:", "tel:", "https://")) or to == ""
            assert not to.startswith("https://") or link["rel"] == "noreferrer"


def test_each_page_leads_to_the_website_the_privacy_policy_and_the_imprint(
    html: dict[tuple[str, str], str],
) -> None:
    for (language, _), page in html.items():
        footer = Document(page.partition("<footer>")[2].partition("</footer>")[0])
        folder = (
            "de/" if language == "de" else ""
        )  # each other language has the links of the default language
        privacy, imprint = ("datenschutz", "impressum") if folder else ("privacy", "imprint")
        assert [link["href"] for link in footer.all("a")][-3:] == [
            f"https://example.com/{folder}{path}" for path in ("", privacy, imprint)
        ]


def test_a_changed_privacy_policy_can_be_opened(html: dict[tuple[str, str], str]) -> None:
    policy = '<a href="https://example.com/privacy" rel="noreferrer">Privacy policy</a>'

    for name in ("landing-signal", "landing-all"):  # a material change, and a small one
        assert policy in html["en", name].partition("<footer>")[0]


def test_the_preference_centre_and_the_subscribe_form_show_how_to_contact_the_brand(
    html: dict[tuple[str, str], str],
) -> None:
    for name in ("preferences", "subscribe", "subscribe-out", "subscribe-mistake", "subscribe-consent"):
        footer = html["en", name].partition("<footer>")[2]
        assert "mailto:preferences@example.com" in footer
        assert "tel:+15550100" in footer


def test_a_page_is_smaller_than_30_kilobytes(html: dict[tuple[str, str], str]) -> None:
    assert max(len(page.encode()) for page in html.values()) < 30_000


def test_forms_post_to_this_site_and_do_not_require_a_reason(html: dict[tuple[str, str], str]) -> None:
    for (_, name), page in html.items():
        document = Document(page)
        for form in document.all("form"):
            assert form["method"] == "post"
            # Only the page of a failed POST may post to its own URL: that is the action of the form before.
            action = form.get("action") or ("" if name.startswith("unavailable") else "none")
            assert re.fullmatch(r"(/[\w/-]+)?(\?(c=\w+&(r=[\w.-]+&)?|intent=out&)?lang=[\w-]+)?", action), (
                name,
                action,
            )
        names = {a["name"] for a in document.all("input", "button", "textarea") if "name" in a}
        assert not [n for n in names if n and "reason" in n]
        if not name.startswith("subscribe"):
            assert {a.get("type") for a in document.all("input")} <= {"hidden", "checkbox"}


def test_the_landing_page_has_a_button_for_the_topic_then_for_everything(
    html: dict[tuple[str, str], str],
) -> None:
    buttons = list(Document(html["en", "landing"]).all("button"))

    assert [(b["name"], b["value"]) for b in buttons] == [("scope", "this"), ("scope", "all")]
    assert [b.get("class") for b in buttons] == [None, "second"]  # the same size; a browser test measures it
    assert "<h1>Unsubscribe from Offers</h1>" in html["en", "landing"]


def test_a_landing_page_for_everything_has_one_button(html: dict[tuple[str, str], str]) -> None:
    buttons = list(Document(html["en", "landing-all"]).all("button"))

    assert [(b["name"], b["value"]) for b in buttons] == [("scope", "all")]


def test_the_page_of_a_person_who_is_out_offers_only_what_is_left(html: dict[tuple[str, str], str]) -> None:
    for name in ("topic", "brand", "no-topic", "none"):
        buttons = Document(html["en", f"unsubscribed-{name}"]).all("button")
        scopes = ["this", "all"] if name == "no-topic" else ["all"]
        assert [(b["name"], b["value"]) for b in buttons] == [("scope", scope) for scope in scopes]
    assert "<button" not in html["en", "unsubscribed-all"] + html["en", "unsubscribed-reported"]


def test_a_date_of_a_state_has_its_instant(html: dict[tuple[str, str], str]) -> None:
    since = '<time datetime="2026-05-03T14:05:00Z">'
    assert f"{since}You’ve been unsubscribed since May 3, 2026.</time>" in html["en", "unsubscribed-topic"]
    assert f"{since}These emails have been paused since May 3, 2026.</time>" in html["en", "landing-paused"]
    until = '<time datetime="2026-06-12T00:00:00Z">Paused until June 12, 2026</time>'
    assert until in html["en", "landing-paused"]


def test_a_bounced_address_is_not_called_unsubscribed(html: dict[tuple[str, str], str]) -> None:
    page = html["en", "confirmed-undeliverable"]

    assert "bounced, so we’re not sending any for now" in page and "unsubscribed" not in page


def test_the_done_page_lists_service_mail_and_has_a_small_undo_button(
    html: dict[tuple[str, str], str],
) -> None:
    page = html["en", "done"]
    document = Document(page)

    assert "Repairs and warranty: only about" in page
    assert "already on its way" in page
    assert [b.get("class") for b in document.all("button")] == ["quiet"]
    assert [(b["name"], b["value"]) for b in document.all("button")] == [("undo", "UNDO")]
    assert next(document.all("form"))["action"] == "/p/AQEAAAAA?lang=en"
    assert "<button" not in html["en", "done-all"]


def test_the_preference_centre_posts_the_documented_fields(
    html: dict[tuple[str, str], str],
) -> None:
    document = Document(html["en", "preferences"])
    inputs = list(document.all("input"))
    boxes = {i["name"]: "checked" in i for i in inputs if i["type"] == "checkbox"}
    hidden = [(i["name"], i["value"]) for i in inputs if i["type"] == "hidden"]

    assert boxes == {
        "topic.offers": False,
        "topic.news": True,
        "topic.events": True,
        "topic.research": False,
        "targeted-advertising": True,
    }
    assert {i["value"] for i in inputs if i["type"] == "checkbox"} == {"in"}
    assert hidden[0] == ("checkboxes", "5") and hidden[-1] == ("checkboxes", "end")
    assert hidden[1:-1] == [(f"was.{name}", "in" if is_on else "out") for name, is_on in boxes.items()]
    assert [(b.get("name"), b.get("value"), b.get("form")) for b in document.all("button")] == [
        (None, None, None),  # save; it is the first button of its form, so Enter presses it
        ("all", "out", "everything"),
        ("pause", "30", None),
        ("pause", "60", None),
        ("pause", "90", None),
    ]
    assert [form.get("id") for form in document.all("form")] == [None, "everything"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_question_has_the_same_control_in_both_forms(
    html: dict[tuple[str, str], str], language: str
) -> None:
    options = [
        re.findall(
            r'<label class="option"><input type="checkbox"[^>]*> <span><b>([^<]*)</b>', html[language, page]
        )
        for page in ("preferences", "subscribe")
    ]

    assert options[0][:4] == options[1] and len(options[1]) == 4


def test_a_pause_can_be_ended_and_nothing_is_preselected(
    html: dict[tuple[str, str], str],
) -> None:
    page = html["en", "preferences-paused"]
    buttons = [(b.get("name"), b.get("value")) for b in Document(page).all("button")]

    assert "Paused until June 12, 2026" in page
    assert buttons[0] == ("pause", "0")
    assert not [o for o in Document(html["en", "subscribe"]).all("input") if "checked" in o]


def test_the_preference_centre_shows_the_last_change(
    html: dict[tuple[str, str], str],
) -> None:
    assert 'Offers · unsubscribed · <time datetime="2026-05-03T14:05:00Z">' in html["en", "preferences"]
    assert "No changes so far." in html["en", "preferences-paused"]
    assert "All marketing emails · unsubscribed" in html["en", "preferences-off"]


def test_targeted_advertising_has_its_link_and_limits(
    html: dict[tuple[str, str], str],
) -> None:
    page = html["en", "preferences"]

    assert 'href="https://globalprivacycontrol.org/"' in page
    assert "closed in September 2025" in page and "Global Privacy Control" in page
    assert "won’t be personalized" in page


def test_a_privacy_signal_is_shown_and_applied_with_one_press(html: dict[tuple[str, str], str]) -> None:
    for name in ("landing-signal", "preferences-paused"):
        document = Document(html["en", name])
        buttons = [(b.get("name"), b.get("value")) for b in document.all("button")]
        assert ("targeted-advertising", "out") in buttons
        assert ("policy", "2026-07") in buttons
    assert "Targeted advertising is off." in html["en", "done-all"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mistake_in_the_form_is_shown_at_the_field_and_in_a_summary(
    html: dict[tuple[str, str], str], language: str
) -> None:
    document = Document(html[language, "subscribe-invalid"])
    field = next(a for a in document.all("input") if a.get("name") == "address")
    summary = next(a for a in document.all("section") if a.get("role") == "alert")

    assert field["aria-invalid"] == "true" and field["aria-describedby"] == "address-error"
    assert [a for a in document.all("span") if a.get("id") == "address-error"]
    assert [a["href"] for a in document.all("a")][:2] == ["#address", "#topic-offers"]
    assert {"address", "topic-offers"} <= {a.get("id") for a in document.all("input")}
    assert "autofocus" in summary and summary["tabindex"] == "-1"


ERROR = {"de": "Fehler:", "en": "Error:", "en-GB": "Error:", "es": "Error:", "fr": "Erreur", "ja": "エラー："}


def test_a_form_that_is_shown_again_has_what_was_entered(html: dict[tuple[str, str], str]) -> None:
    document = Document(html["en", "subscribe-mistake"])

    assert (
        next(a for a in document.all("input") if a.get("name") == "address")["value"] == "somebody at example"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["subscribe-invalid", "subscribe-no-topic", "preferences-unread"])
def test_the_title_of_a_page_with_a_mistake_says_so_first(
    html: dict[tuple[str, str], str], language: str, name: str
) -> None:
    assert html[language, name].partition("<title>")[2].startswith(ERROR[language])


def test_the_page_for_an_invalid_link_offers_each_other_way(html: dict[tuple[str, str], str]) -> None:
    page = html["en", "not_found"]

    for way in (
        "/subscribe",
        "mailto:preferences@example.com",
        "tel:+15550100",
        "1 Example Street",
    ):
        assert way in page


def test_the_language_links_keep_the_campaign_and_the_ref(pages: Pages) -> None:
    view = LandingView(language="en", brand="M", preferences_url="/p/x", campaign="may")

    assert 'href="?c=may&amp;lang=de"' in pages.landing(view)
    assert 'href="?lang=de"' in pages.landing(replace(view, campaign=""))
    assert 'href="?c=may&amp;r=customer-7&amp;lang=de"' in pages.landing(replace(view, ref="customer-7"))
    assert 'href="?lang=de"' in pages.neutral("en")


def _filled(view: Any, text: str) -> Any:
    """Returns the view with this text in each text field, also of nested views."""
    changes: dict[str, Any] = {}
    for field in fields(view):
        value = getattr(view, field.name)
        if type(value) is str and field.name not in {"language", "effective"}:
            changes[field.name] = text
        elif isinstance(value, tuple):
            changes[field.name] = tuple(
                text if isinstance(item, str) else _filled(item, text) for item in value
            )
        elif hasattr(value, "__dataclass_fields__"):
            changes[field.name] = _filled(value, text)
    return replace(view, **changes)


@examples(20)  # each example renders all pages twice
@given(st.text(min_size=1))
@example(HOSTILE)
def test_no_value_can_become_markup(folder: Path, pages: Pages, text: str) -> None:
    for page, view in sample_views("en", catalogue(folder)["topics"]).values():
        plain = Document(render(pages, page, _filled(view, "x")))
        hostile = Document(render(pages, page, _filled(view, text)))

        assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
        for (_, attributes), (_, expected) in zip(hostile.elements, plain.elements, strict=True):
            assert list(attributes) == list(expected)


@given(st.text(), st.text())
@example(HOSTILE, HOSTILE)
def test_a_form_that_is_offered_again_keeps_its_fields_and_they_stay_text(
    pages: Pages, name: str, value: str
) -> None:
    again = pages.unavailable("en", [("scope", "all"), (name, value)])

    fields = [(field["name"], field["value"]) for field in Document(again).all("input")]
    assert fields == [("scope", "all"), (_parsed(name), _parsed(value))]
    assert "<!--" not in again


def _parsed(text: str) -> str:
    """Returns a text as the parser of the tests reads it from an attribute that MarkupSafe escaped."""
    document = Document(f'<input value="{escape(text)}">')
    return str(next(document.all("input"))["value"])


@given(st.text())
@example(HOSTILE)
def test_escaping_equals_that_of_the_rendered_pages(text: str) -> None:
    assert escape_html(text) == str(escape(text))


def test_each_answer_has_the_documented_headers(pages: Pages) -> None:
    headers = pages.headers("de")

    policy = headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert policy[1].startswith("style-src 'sha256-")
    assert policy[2:] == ["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
    assert headers["Content-Language"] == "de"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"].startswith("noindex")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["Tk"] == "N"
    assert "Set-Cookie" not in headers
    assert "style-src" not in page_headers("de")["Content-Security-Policy"]


def test_a_view_without_a_field_of_its_page_is_an_error(pages: Pages) -> None:
    with pytest.raises(UndefinedError, match="'topic' is undefined"):
        pages.landing(PageView(language="en", brand="M"))  # type: ignore[arg-type]


def test_no_file_is_read_before_the_first_page() -> None:
    Pages(Path("/nowhere"))


def test_a_page_reads_only_its_own_file(folder: Path, tmp_path: Path) -> None:
    landing = ModuleLoader.get_module_filename("landing.html")
    for name in ("pages/fr/neutral.html", f"pages/fr/{landing}", "pages/fr/dates.json"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((folder / name).read_bytes())

    view = LandingView(language="fr", brand="M", preferences_url="/p/x")
    assert "Nous n’écrivons pas" in Pages(tmp_path).neutral("fr")
    assert "Se désabonner" in Pages(tmp_path).landing(view)


def test_rendering_needs_no_parser_of_templates_and_no_compiler(folder: Path) -> None:
    code = f"""
import sys
from jinja2 import Environment
Environment.parse = Environment.compile = None
from pathlib import Path
from heed.entrypoints.http.pages.pages import Pages
from heed.entrypoints.http.pages.views import LandingView
view = LandingView(language="en", brand="M", preferences_url="/p/x")
assert "</html>" in Pages(Path({str(folder)!r})).landing(view)
print(*sys.modules)
"""
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert "jinja2" in loaded.split()
    assert not [name for name in loaded.split() if name.startswith(("brand_compiler", "tomlkit"))]
