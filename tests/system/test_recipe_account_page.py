"""The page of docs/recipes/account-page.md says what is on record, and calls nothing else saved."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from wsgiref.simple_server import WSGIServer
from zlib import crc32

import httpx
import pytest

from tests.support.doc_code import DOCS, code_block, load_example
from tests.support.doctor_servers import http_answer, json_answer, web_server
from tests.system.conftest import Heed
from tests.system.running import PATIENCE

pytestmark = pytest.mark.system

SECRET = "a secret of the session"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    return load_example("account_page")


class Browser:
    """A customer who is signed in, with a browser that shows the page."""

    def __init__(self, example: ModuleType, api: str, key: str, address: str) -> None:
        self.session = {"address": address, "form_secret": SECRET}
        self.client = self.at(
            example.AccountPage(example.HeedApi(api, key, PATIENCE), lambda _: self.session)
        )

    @staticmethod
    def at(page: Any) -> httpx.Client:
        return httpx.Client(transport=httpx.WSGITransport(app=page), base_url="http://shop.example")

    def show(self) -> dict[str, str]:
        """Opens the page. Returns the fields of its form, as the browser would send them."""
        text = self.client.get("/account/email").text
        fields = dict(re.findall(r"type=hidden name='?([\w./-]+)'? value='?([^'>]+)'?>", text))
        ticked = re.findall(r"type=checkbox name='(topic\.[^']+)' value=in checked", text)
        return {**fields, **dict.fromkeys(ticked, "in")}

    def save(self, form: dict[str, str]) -> httpx.Response:
        return self.client.post("/account/email", data=form)


@pytest.fixture
def browser(example: ModuleType, stack: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Browser]:
    address = f"account.{crc32(request.node.name.encode())}@example.com"
    made = Browser(example, stack["api"], stack["api_key"], address)
    yield made
    made.client.close()


def is_sendable(stack: dict[str, Any], address: str, topic: str) -> bool:
    answer = httpx.post(
        f"{stack['api']}/v1/check",
        json={"topic": topic, "addresses": [address]},
        headers={"authorization": f"Bearer {stack['api_key']}"},
        trust_env=False,
        timeout=PATIENCE,
    )
    return bool(answer.raise_for_status().json()["results"][0]["sendable"])


def test_a_choice_is_saved_with_the_words_of_the_page(
    browser: Browser, stack: dict[str, Any], heed: Heed
) -> None:
    form = browser.show()
    del form["topic.offers"]

    answer = browser.save(form)

    address = browser.session["address"]
    assert (answer.status_code, answer.headers["location"]) == (303, "?")
    assert "Your choices are saved." in browser.client.get(answer.headers["location"]).text
    assert "saved" not in browser.client.get("/account/email").text
    assert not is_sendable(stack, address, "offers")
    assert "Send me Offers by e-mail" in heed("lookup", address).stdout


def test_a_choice_can_be_taken_back(browser: Browser, stack: dict[str, Any]) -> None:
    form = browser.show()
    browser.save({name: value for name, value in form.items() if name != "topic.offers"})
    browser.save({**browser.show(), "topic.offers": "in"})

    assert is_sendable(stack, browser.session["address"], "offers")


def test_a_stale_tab_changes_only_what_was_changed_in_it(browser: Browser, stack: dict[str, Any]) -> None:
    stale = browser.show()
    browser.save({name: value for name, value in stale.items() if name != "topic.offers"})

    browser.save({name: value for name, value in stale.items() if name != "topic.news"})

    assert not is_sendable(stack, browser.session["address"], "offers")
    assert not is_sendable(stack, browser.session["address"], "news")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"token": "another"}, 403),
        ({"was.no-such-topic": "in"}, 422),
        ({"was.targeted-advertising": "in"}, 422),
    ],
)
def test_a_forged_or_outdated_form_saves_nothing(
    browser: Browser, stack: dict[str, Any], change: dict[str, str], status: int
) -> None:
    form = {**browser.show(), **change}
    del form["topic.offers"]

    answer = browser.save(form)

    assert (answer.status_code, "Nothing was saved" in answer.text) == (status, True)
    assert is_sendable(stack, browser.session["address"], "offers")


def test_the_address_of_a_form_is_ignored(browser: Browser, stack: dict[str, Any]) -> None:
    form = {**browser.show(), "address": "somebody.else@example.com"}
    del form["topic.offers"]
    browser.save(form)

    assert is_sendable(stack, "somebody.else@example.com", "offers")
    assert not is_sendable(stack, browser.session["address"], "offers")


def test_a_yes_without_an_effect_is_not_called_saved(browser: Browser, heed: Heed) -> None:
    form = browser.show()
    browser.save({name: value for name, value in form.items() if name != "topic.offers"})
    hold = ("--source", "letter", "--reason", "dispute", "--reference", "letter 1")
    assert heed("hold", browser.session["address"], *hold).returncode == 0

    browser.save({**browser.show(), "topic.offers": "in"})

    text = browser.client.get("/account/email").text
    assert "Not all of your choices have an effect" in text
    assert "are saved" not in text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_while_heed_is_down_nothing_is_called_saved(
    browser: Browser, example: ModuleType, method: str
) -> None:
    form = browser.show()
    down = example.AccountPage(example.HeedApi("http://127.0.0.1:9", "heed_x"), lambda _: browser.session)
    with browser.at(down) as client:
        answer = client.request(method, "/account/email", data=form if method == "POST" else None)

    assert answer.status_code == 503
    assert "may not be saved" in answer.text and "are saved" not in answer.text
    assert "saved" not in browser.session


def test_an_answer_that_breaks_off_is_unavailable(browser: Browser, example: ModuleType) -> None:
    broken = http_answer(headers={"Content-Length": "100"}, body=b"{")
    with web_server({"GET": broken}) as server:
        page = example.AccountPage(example.HeedApi(server.url, "heed_x"), lambda _: browser.session)
        with browser.at(page) as client:
            answer = client.get("/account/email")

    assert (answer.status_code, len(server.requests)) == (503, 1)


def test_a_redirect_of_heed_gets_no_key_and_is_unavailable(browser: Browser, example: ModuleType) -> None:
    with web_server({"GET": json_answer({"topics": []})}) as elsewhere:
        moved = http_answer("302 Found", {"Location": elsewhere.url}, b"")
        with web_server({"GET": moved}) as server:
            page = example.AccountPage(example.HeedApi(server.url, "heed_x"), lambda _: browser.session)
            with browser.at(page) as client:
                answer = client.get("/account/email")

    assert (answer.status_code, elsewhere.requests) == (503, [])


def test_after_a_save_the_browser_stays_on_this_website(browser: Browser) -> None:
    """The path of a request is whatever a link says: `//other.example` would be another website."""
    for path in ("//other.example", "/account/email%0d%0aSet-Cookie:%20a=b"):
        answer = browser.client.post(f"http://shop.example{path}", data=browser.show())
        assert (answer.status_code, answer.headers["location"]) == (303, "?")


@pytest.mark.parametrize("length", ["-1", "+5", "x", "9" * 5_000, "20001"])
def test_a_form_whose_length_is_none_is_not_read(example: ModuleType, length: str) -> None:
    class Unread:
        def read(self, size: int) -> bytes:
            raise AssertionError(size)

    assert example._read_form({"CONTENT_LENGTH": length, "wsgi.input": Unread()}) == {}


def test_no_other_website_shows_the_page_in_a_frame(browser: Browser) -> None:
    policy = browser.client.get("/account/email").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy


def test_nobody_who_is_not_signed_in_sees_the_page(example: ModuleType) -> None:
    page = example.AccountPage(example.HeedApi("http://127.0.0.1:9", "heed_x"), lambda _: None)
    with Browser.at(page) as client:
        answer = client.get("/account/email")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_the_program_of_the_recipe_serves_the_page(
    stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(DOCS / "examples")
    made: list[WSGIServer] = []
    monkeypatch.setattr(WSGIServer, "serve_forever", lambda server: made.append(server))
    program = code_block("recipes/account-page.md", "python", "make_server").replace("8080", "0")
    session = {"address": "account.program@example.com", "form_secret": SECRET}
    names = {"HEED_API_KEY": stack["api_key"], "session_of": lambda _: session}
    exec(program.replace("https://preferences.example.com", stack["api"]), names)  # noqa: S102
    (server,) = made
    thread = threading.Thread(target=server.handle_request)
    thread.start()

    answer = httpx.get(
        f"http://127.0.0.1:{server.server_port}/account/email", timeout=PATIENCE, trust_env=False
    )

    thread.join()
    server.server_close()
    assert answer.status_code == 200
    assert "Send me Offers by e-mail" in answer.text
