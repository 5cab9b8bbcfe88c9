"""The recipes of docs/recipes/headers.md write each header as one line. The libraries alone do not."""

from __future__ import annotations

import json
import re
import smtplib
import subprocess
import sys
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from heed.entrypoints.http.api.list_headers import list_headers
from tests.support.doc_code import code_block, code_blocks
from tests.support.smtp_receiver import receiving_mail

HERE = Path(__file__).parent
PAGE = "recipes/headers.md"
LONGEST = list_headers(
    f"https://{'.'.join(['x' * 63] * 3)}.example/u/{'A' * 54}?c={'c' * 32}&r={'r' * 64}&lang=pt-BR",
    f"u+{'a' * 58}@{'.'.join(['x' * 63] * 2)}.example",
    "Offers <offers.meridian.example.com>",
)
SHORT = list_headers(f"https://mail.example.com/u/{'A' * 54}", "", "<offers.example.com>")
SUBJECT = "Größere Angebote für alle Uhren der Welt, nur diese Woche und nur für Sie ganz allein"
HTML = f"<p>{'Grüße ' * 200}</p>"
Arguments = tuple[dict[str, Any], str, str, str, str]
Send = Callable[[Arguments, int], None]
"""Sends the mail of a recipe, given its arguments, to an SMTP server at a port."""

_NODE = """
import { readFileSync } from "node:fs";
const { mail, port } = JSON.parse(readFileSync(0, "utf8"));
await sendAll([mailOf(...mail)], { host: "127.0.0.1", port, ignoreTLS: true });
"""
_DJANGO = """
import json, sys
from django.conf import settings
case = json.load(sys.stdin)
settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=case["port"])
list_mail_of(*case["mail"]).send()
"""
_NODE_ALONE = """
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";
const { mail: [link, from, subject, text], port } = JSON.parse(readFileSync(0, "utf8"));
const transporter = nodemailer.createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
await transporter.sendMail({ from, to: link.address, subject, text, headers: link.headers });
transporter.close();
"""
_DJANGO_ALONE = """
import json, sys
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
case = json.load(sys.stdin)
settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=case["port"])
link, sender, subject, text, _ = case["mail"]
EmailMultiAlternatives(subject, text, sender, [link["address"]], headers=link["headers"]).send()
"""


def _run(program: list[str], mail: Arguments, port: int) -> None:
    subprocess.run(program, input=json.dumps({"mail": mail, "port": port}), text=True, check=True, cwd=HERE)


def recipe(*definitions: str) -> dict[str, Any]:
    """Returns the names that the Python of the page with these definitions defines."""
    names: dict[str, Any] = {}
    for definition in definitions:
        exec(code_block(PAGE, "python", definition), names)  # noqa: S102 - code of this repository
    return names


def send_by_smtplib(mail: Arguments, port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(recipe("def mail_of")["mail_of"](*mail))


def send_by_django(mail: Arguments, port: int) -> None:
    """Sends by Django in a process of its own, as the settings of Django are those of a process."""
    program = "\n".join([*code_blocks(PAGE, "python"), _DJANGO])
    _run([sys.executable, "-W", "error", "-c", program], mail, port)


def send_by_nodemailer(mail: Arguments, port: int) -> None:
    _run(["node", "--input-type=module", "--eval", code_block(PAGE, "js", "mailOf") + _NODE], mail, port)


SENDERS: dict[str, Send] = {
    "python": send_by_smtplib,
    "django": send_by_django,
    "nodemailer": send_by_nodemailer,
}


def received(send: Send, headers: dict[str, str]) -> bytes:
    """Returns the mail of a recipe with these headers as it arrives."""
    link = {"address": "ada@example.org", "headers": headers}
    with receiving_mail() as receiver:
        send((link, "Größe <news@example.com>", SUBJECT, "Grüße\n", HTML), receiver.port)
    (message,) = receiver.messages
    return message


@pytest.mark.system  # processes start
@pytest.mark.parametrize("headers", [LONGEST, SHORT], ids=["longest", "short"])
@pytest.mark.parametrize("library", SENDERS)
def test_each_header_arrives_as_one_line(library: str, headers: dict[str, str]) -> None:
    message = received(SENDERS[library], headers)
    lines = [line.partition(b": ") for line in message.split(b"\r\n")]

    for name, value in headers.items():
        arrived = [line for line in lines if line[0].lower() == name.lower().encode()]
        assert arrived == [(arrived[0][0], b": ", value.encode())]


@pytest.mark.system
@pytest.mark.parametrize("library", SENDERS)
def test_everything_else_in_the_mail_stays_within_the_limits_of_mail(library: str) -> None:
    message = received(SENDERS[library], LONGEST)
    header, _, body = message.partition(b"\r\n\r\n")
    parsed = BytesParser(policy=default).parsebytes(message)

    limit = 78 if library == "django" else 75  # RFC 2047 §2; Django itself writes words that are longer
    assert max(map(len, re.findall(rb"=\?[^?]+\?[^?]+\?[^?]*\?=", header))) <= limit
    assert max(map(len, message.split(b"\r\n"))) <= 998  # RFC 5322 §2.1.1
    assert b"base64" not in body or max(map(len, body.split(b"\r\n"))) <= 76  # RFC 2045 §6.8
    assert (parsed["subject"], parsed["from"]) == (SUBJECT, "Größe <news@example.com>")
    rich = parsed.get_body(("html",))
    assert rich is not None and rich.get_content().strip() == HTML


def send_by_smtplib_alone(mail: Arguments, port: int) -> None:
    message = EmailMessage()
    message["From"], message["To"] = mail[1], mail[0]["address"]
    for name, value in mail[0]["headers"].items():
        message[name] = value
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(message)


def send_by_django_alone(mail: Arguments, port: int) -> None:
    _run([sys.executable, "-c", _DJANGO_ALONE], mail, port)


def send_by_nodemailer_alone(mail: Arguments, port: int) -> None:
    _run(["node", "--input-type=module", "--eval", _NODE_ALONE], mail, port)


@pytest.mark.system
@pytest.mark.parametrize(
    "send", [send_by_smtplib_alone, send_by_django_alone, send_by_nodemailer_alone], ids=SENDERS
)
def test_a_library_by_itself_rewrites_the_header(send: Send) -> None:
    """If this fails, the library no longer needs its recipe."""
    message = received(send, LONGEST)

    assert f"List-Unsubscribe: {LONGEST['List-Unsubscribe']}\r\n".encode() not in message
    assert re.search(rb"^List-Unsubscribe: ?(?:=\?|\r\n )", message, re.MULTILINE)
