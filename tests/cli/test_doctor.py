"""`heed doctor` for messages and URLs, with real servers on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from heed.adapters.stack_health import SendingHealth
from heed.doctor.findings import CheckName
from heed.domain.errors import DependencyUnavailable
from heed.entrypoints.cli import doctor
from tests.cli.conftest import CommandResult, Heed
from tests.cli.server import ApiServer
from tests.doctor.messages import GOOD, RECORDS, with_field, without_field
from tests.support.doctor_servers import WebServer, dns_server, http_answer, web_server

READER = "reader@example.com"


@pytest.fixture
def dns() -> Iterator[str]:
    """The address of a DNS server with the records of the good message."""
    with dns_server(RECORDS) as (host, port):
        yield f"{host}:{port}"


def save(folder: Path, raw: bytes) -> str:
    (folder / "message.eml").write_bytes(raw)
    return "message.eml"


def results(result: CommandResult) -> dict[str, str]:
    return {check["name"]: check["result"] for check in result.json["checks"]}


def test_a_good_message_ends_with_0(heed: Heed, tmp_path: Path, dns: str) -> None:
    result = heed("doctor", save(tmp_path, GOOD), "--dns", dns)

    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].split() == ["RESULT", "CHECK", "SEEN"]
    assert {line.split()[0] for line in lines[1:]} == {"ok"}


def test_a_fault_ends_with_1_and_says_what_to_do(heed: Heed, tmp_path: Path, dns: str) -> None:
    result = heed("doctor", save(tmp_path, without_field("List-Unsubscribe-Post")), "--dns", dns)

    assert result.code == 1
    assert "fault   list-unsubscribe-post  no field List-Unsubscribe-Post" in result.out
    assert "\nlist-unsubscribe-post: add the field once: " in result.out
    assert "(docs/doctor.md#list-unsubscribe-post)" in result.out


def test_a_warning_alone_ends_with_0(heed: Heed, tmp_path: Path, dns: str) -> None:
    result = heed("doctor", save(tmp_path, without_field("Feedback-ID")), "--dns", dns, "--json")

    assert (result.code, results(result)["feedback-id"]) == (0, "warning")


def test_json_is_one_object_with_each_check(heed: Heed, tmp_path: Path, dns: str) -> None:
    result = heed("doctor", save(tmp_path, GOOD), "--dns", dns, "--json")

    (first, *_) = result.json["checks"]
    assert first == {
        "name": "list-unsubscribe",
        "result": "ok",
        "seen": "an https link at preferences.example.com",
        "mend": "",
        "see": "docs/doctor.md#list-unsubscribe",
    }
    assert len(result.out.splitlines()) == 1


def test_what_cannot_be_checked_ends_with_3_and_a_fault_beside_it_with_1(heed: Heed, tmp_path: Path) -> None:
    with web_server() as server:
        answered = heed("doctor", server.url, "--json")
    silent = heed("doctor", server.url, "--json")
    without_dns = heed("doctor", save(tmp_path, GOOD.replace(b"h=", b"x=")), "--dns", "127.0.0.1:9", "--json")

    assert (answered.code, silent.code, without_dns.code) == (0, 3, 1)
    assert [check["seen"][:13] for check in silent.json["checks"][1:]] == ["not checked: "] * 2


@pytest.mark.parametrize("text", ["dns.example", "127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:70000", "1.2.3"])
def test_a_dns_server_is_an_ip_address_and_perhaps_a_port(heed: Heed, tmp_path: Path, text: str) -> None:
    result = heed("doctor", save(tmp_path, GOOD), "--dns", text)

    assert (result.code, result.out) == (2, "")


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
    ],
)
def test_a_dns_server_without_a_port_has_the_usual_one(text: str, server: tuple[str, int]) -> None:
    option = next(param for param in doctor.examine.params if param.name == "dns_server")

    assert option.callback is not None
    assert option.callback(None, option, text) == server  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["missing.eml", "."])
def test_a_file_that_cannot_be_read_is_wrong_usage(heed: Heed, name: str) -> None:
    result = heed("doctor", name)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"heed: {name} cannot be read: ")


def test_a_file_that_is_no_mail_is_wrong_usage(heed: Heed, tmp_path: Path) -> None:
    result = heed("doctor", save(tmp_path, b"%PDF-1.7\n"))

    assert (result.code, result.err) == (
        2,
        "heed: the file is not a mail: save the message as it arrived (.eml)\n",
    )


def test_a_file_that_is_too_large_for_a_mail_is_wrong_usage(
    heed: Heed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_MAX_MESSAGE", len(GOOD) - 1)

    assert heed("doctor", save(tmp_path, GOOD)).code == 2


def _message_of(server: WebServer) -> bytes:
    return with_field("List-Unsubscribe", f"List-Unsubscribe: <{server.url}>, <mailto:u@e.com>\r\n".encode())


@pytest.mark.threat(
    "T55",
    "A message that somebody examines has the link of another person, or one to a machine of the network.",
    "The doctor requests no link of a message without --mine. It names the host, and asks before a press.",
)
def test_the_link_of_a_message_is_neither_opened_nor_pressed(heed: Heed, tmp_path: Path, dns: str) -> None:
    with web_server() as server:
        opened = heed("doctor", save(tmp_path, _message_of(server)), "--dns", dns)
        pressed = heed("doctor", "message.eml", "--dns", dns, "--press", "--yes")

    assert server.requests == []
    assert (opened.code, pressed.code, pressed.out) == (0, 2, "")
    assert "add --mine if that is you" in pressed.err


def test_the_link_of_a_message_of_my_own_is_pressed(heed: Heed, tmp_path: Path, dns: str) -> None:
    with web_server() as server:
        result = heed(
            "doctor",
            save(tmp_path, _message_of(server)),
            "--dns",
            dns,
            "--press",
            "--mine",
            "--yes",
            "--json",
        )

    assert server.methods == ["GET", "HEAD", "POST", "POST"]
    assert results(result)["press-form"] == results(result)["press-multipart"] == "ok"
    assert results(result)["dkim-key"] == "ok"


def test_a_message_of_my_own_without_a_link_has_nothing_to_press(
    heed: Heed, tmp_path: Path, dns: str
) -> None:
    raw = without_field("List-Unsubscribe")

    result = heed("doctor", save(tmp_path, raw), "--dns", dns, "--press", "--mine", "--yes", "--json")

    assert (result.code, "press-form" in results(result)) == (1, False)


@pytest.mark.parametrize(("answer", "number"), [("y\n", 4), ("n\n", 0), ("\n", 0), ("", 0)])
def test_a_press_names_the_host_and_asks_a_person(heed: Heed, answer: str, number: int) -> None:
    with web_server() as server:
        result = heed("doctor", server.url, "--press", stdin=answer, is_terminal=True)

    assert "at localhost. Press? [y/N]" in result.err
    assert (len(server.requests), result.code) == (number, 0 if number else 2)


def test_without_a_terminal_nothing_is_pressed(heed: Heed) -> None:
    with web_server() as server:
        result = heed("doctor", server.url, "--press", stdin="y\n")

    assert (result.code, server.requests) == (2, [])
    assert result.err.endswith("add --yes\n")


HOSTILE = "\x1b]0;owned\x07\x1b[2K\r\x9b31m\u202e ada@example.com"
"""Commands for a terminal, a change of direction, and an address."""


def _assert_is_harmless(heed: Heed, *arguments: str) -> None:
    """Asserts that neither form of the output has what a server or a message put into it."""
    printed, report = heed("doctor", *arguments), heed("doctor", *arguments, "--json")
    for result in (printed, report):
        assert [sign for sign in result.out if not sign.isprintable() and sign != "\n"] == []
        assert "@" not in result.out
    names = {check.value for check in CheckName}
    rows = [line.split() for line in printed.out.partition("\n\n")[0].splitlines()[1:]]
    assert {row[0] for row in rows} <= {"ok", "warning", "fault"}
    assert {row[1] for row in rows} <= names
    assert len(report.out.splitlines()) == 1
    assert list(report.json) == ["checks"]
    for check in report.json["checks"]:
        assert list(check) == ["name", "result", "seen", "mend", "see"]


@pytest.mark.threat(
    "T54",
    "A server puts commands for the terminal, rows or fields of JSON into the report about its link.",
    "What a finding quotes is short and printable and has no address; JSON is written by a library.",
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": f"text/{HOSTILE}"},
        {"Content-Type": 'text/"}], "checks": [{"result": "ok'},
        {"Content-Type": "text/html\n fault  url"},
        {"Set-Cookie": HOSTILE, "Strict-Transport-Security": HOSTILE},
    ],
    ids=["the type", "JSON", "a row", "other fields"],
)
def test_a_server_cannot_write_into_the_report(heed: Heed, headers: dict[str, str]) -> None:
    page = b"<img src='https://" + HOSTILE.encode() + b"/'><style>@import '//" + HOSTILE.encode()
    with web_server({"GET": http_answer(headers=headers, body=page)}) as server:
        _assert_is_harmless(heed, server.url)


def test_a_redirect_cannot_write_into_the_report(heed: Heed) -> None:
    for target in (f"https://{HOSTILE}/", "https://a\u202eb.example/", 'https://"}]/'):
        answer = http_answer("302 Found", {"Location": target})
        with web_server({"GET": answer, "HEAD": answer}) as server:
            _assert_is_harmless(heed, server.url)


@pytest.mark.threat(
    "T55",
    "A message or the DNS puts commands for the terminal, rows or fields of JSON into the report.",
    "What a finding quotes is short and printable and has no address; JSON is written by a library.",
)
@pytest.mark.parametrize(
    "field",
    [
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Id",
        "Feedback-ID",
        "From",
        "DKIM-Signature",
        "Content-Type",
    ],
)
def test_a_message_cannot_write_into_the_report(heed: Heed, tmp_path: Path, field: str) -> None:
    values = {
        "List-Unsubscribe": f"<https://{HOSTILE}/u>, <http://{HOSTILE}>",
        "DKIM-Signature": f"v=1; d={HOSTILE}; s={HOSTILE}; h={HOSTILE}",
        "From": f'"{HOSTILE}" <news@{HOSTILE}>',
    }
    line = f"{field}: {values.get(field, HOSTILE)}".replace("\r", "").encode() + b"\r\n"
    records = {name: [f"v=DMARC1; p={HOSTILE}", f"p={HOSTILE}"] for name in RECORDS}

    with dns_server(records) as (host, port):
        _assert_is_harmless(heed, save(tmp_path, with_field(field, line)), "--dns", f"{host}:{port}")


@pytest.fixture
def message(
    heed: Heed, stack: str, server: ApiServer, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> bytes:
    """A message with the headers that the deployed stack returned for it."""
    monkeypatch.setenv("HEED_API_KEY", api_key)
    answer = heed("links", "--topic", "offers", "--stack", stack, "--json", stdin=READER).json
    raw = GOOD
    for name, value in answer["links"][0]["headers"].items():
        at_server = value.replace("https://prefs.example.com", server.url)
        raw = with_field(name, f"{name}: {at_server}\r\n".encode(), raw)
    return raw


def _examine_link(heed: Heed, stack: str, raw: bytes, dns: str) -> dict[str, str] | None:
    """Returns the check of the link of a message, if there is one."""
    Path("message.eml").write_bytes(raw)
    result = heed("doctor", "message.eml", "--stack", stack, "--dns", dns, "--json")
    found: list[dict[str, str]] = [check for check in result.json["checks"] if check["name"] == "link-token"]
    return found[0] if found else None


def test_a_link_of_a_stack_is_read_with_its_keys(heed: Heed, stack: str, message: bytes, dns: str) -> None:
    found = _examine_link(heed, stack, message, dns)

    assert found is not None
    assert (found["result"], found["seen"]) == ("ok", "the link stops offers")


def test_a_link_in_a_message_of_another_list_is_a_fault(
    heed: Heed, stack: str, message: bytes, dns: str
) -> None:
    found = _examine_link(heed, stack, message.replace(b"<offers.", b"<news."), dns)

    assert found is not None
    assert (found["result"], found["seen"]) == (
        "fault",
        "the link stops offers, but List-Id names another list",
    )


def test_a_link_that_was_changed_on_its_way_is_a_fault(
    heed: Heed, stack: str, message: bytes, dns: str
) -> None:
    start = message.index(b"/u/") + 3
    changed = message[:start] + message[start : start + 54].swapcase() + message[start + 54 :]

    found = _examine_link(heed, stack, changed, dns)

    assert found is not None
    assert (found["result"], found["seen"].partition(":")[0]) == (
        "fault",
        "the link is not one that this stack made",
    )


def test_a_link_is_not_checked_without_an_api_key(
    heed: Heed, stack: str, message: bytes, dns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEED_API_KEY")

    found = _examine_link(heed, stack, message, dns)

    assert found is not None
    assert found["seen"].startswith("not checked: the link cannot be read (HEED_API_KEY is not set")


def test_a_link_of_another_host_is_of_another_sender(
    heed: Heed, stack: str, message: bytes, dns: str
) -> None:
    assert _examine_link(heed, stack, with_field("List-Unsubscribe", b"", message), dns) is None
    assert _examine_link(heed, stack, GOOD, dns) is None


@pytest.mark.parametrize(
    "url", ["https://[::1", "https://exa mple.com/u/x", "http://", "https://a:99999/u/x"]
)
def test_a_link_that_is_no_url_is_of_no_stack(
    heed: Heed, stack: str, message: bytes, dns: str, url: str
) -> None:
    raw = with_field("List-Unsubscribe", f"List-Unsubscribe: <{url}>\r\n".encode(), message)

    assert _examine_link(heed, stack, raw, dns) is None


def test_a_stack_without_the_output_of_its_keys_stops_no_other_check(
    heed: Heed, stack: str, message: bytes, dns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = {
        "ApiUrl": "https://" + message.partition(b"List-Unsubscribe: <http://")[2].partition(b"/")[0].decode()
    }
    monkeypatch.setattr("heed.adapters.stack.stack_outputs", lambda *_: without)

    found = _examine_link(heed, stack, message, dns)

    assert found is not None
    assert found["seen"].startswith(
        "not checked: the link cannot be read (the stack has no output LinksKeyArn"
    )


def test_a_stack_that_does_not_exist_ends_the_command(heed: Heed, tmp_path: Path, stack: str) -> None:
    result = heed("doctor", save(tmp_path, GOOD), "--stack", "no-such-stack")

    assert (result.code, result.out) == (3, "")


def test_without_a_subject_the_stack_is_examined(heed: Heed, local: Path, server: ApiServer) -> None:
    result = heed("doctor", "--json")

    found = {check["name"]: check for check in result.json["checks"]}
    assert (result.code, list(found)[:2]) == (1, ["version", "link"])
    assert found["link"]["seen"] == "links are at prefs.example.com, the stack is at 127.0.0.1"
    assert "keys" not in found, "the local stack is no account"


def test_a_deployed_stack_without_an_api_key_is_examined_as_far_as_possible(
    heed: Heed, stack: str, dns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> SendingHealth:
        raise DependencyUnavailable("AccessDeniedException")

    monkeypatch.setattr("heed.adapters.stack_health.read_sending", refuse)  # the emulator does not have it

    result = heed("doctor", "--stack", stack, "--dns", dns, "--json")

    found = {check["name"]: check for check in result.json["checks"]}
    assert result.code == 1
    assert found["link"]["seen"].startswith("not checked: HEED_API_KEY is not set")
    assert found["keys"]["result"] == "fault", "this stack has none"
    assert found["ses-identity"]["result"] == "warning"
    assert found["ses-sandbox"]["seen"] == "not checked: AWS answers AccessDeniedException: " + (
        "use an AWS identity that has this permission"
    )


def test_a_press_of_the_stack_asks_a_person(heed: Heed, local: Path, server: ApiServer) -> None:
    result = heed("doctor", "--press", stdin="n\n", is_terminal=True)

    assert (result.code, server.requests) == (2, [])
    assert "at 127.0.0.1. Press? [y/N]" in result.err


def test_only_a_stack_sends_a_mail(heed: Heed) -> None:
    assert heed("doctor", "https://example.com/u", "--send").code == 2


def test_without_a_stack_there_is_nothing_to_examine(heed: Heed) -> None:
    result = heed("doctor")

    assert (result.code, result.out) == (3, "")
    assert "no local stack is running here" in result.err
