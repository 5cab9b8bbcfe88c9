"""Keeps the mails that the functions send with all their headers, of which the emulator keeps only a few.

The emulator's own Python runs this, so it cannot import Heed. The mails are lost when the emulator ends.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Awaitable, Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
Handle = Callable[[str, str, object, bytes, dict[str, Any]], Awaitable[Answer]]

PATH = "/v2/email/local-outbox"
_SEND = "/v2/email/outbound-emails"
_parse_headers = BytesHeaderParser(policy=policy.default).parsebytes
_LONG_LINES = policy.default.clone(max_line_length=998)  # the headers of a request stay as they are
_summaries: list[dict[str, Any]] = []  # in the order of sending
_messages: dict[str, bytes] = {}  # by id


def with_outbox(others: Handle) -> Handle:
    """Returns a handler that passes requests to `others`, and answers requests for the sent mails."""

    async def handle(method: str, path: str, headers: object, body: bytes, query: dict[str, Any]) -> Answer:
        if path == PATH:
            return _answer(200, json.dumps(_summaries).encode())
        if path.startswith(f"{PATH}/"):
            message = _messages.get(path.removeprefix(f"{PATH}/"))
            return _answer(404, b"") if message is None else _answer(200, message)
        answer = await others(method, path, headers, body, query)
        is_sent = (method, path, answer[0]) == ("POST", _SEND, 200)
        if is_sent and (message := _to_message(json.loads(body))):
            _keep(json.loads(answer[2])["MessageId"], message)
        return answer

    return handle


def _to_message(request: dict[str, Any]) -> bytes | None:
    """Returns the message of a request: as it was sent, or made of its parts; None for a template of SES."""
    content, message = request["Content"], EmailMessage(_LONG_LINES)
    if raw := content.get("Raw"):
        return base64.b64decode(raw["Data"])
    if not (simple := content.get("Simple")):
        return None
    message["From"] = request["FromEmailAddress"]
    message["To"] = ", ".join(request["Destination"]["ToAddresses"])
    message["Subject"] = simple["Subject"]["Data"]
    for header in simple.get("Headers", []):
        message[header["Name"]] = header["Value"]
    message.set_content(simple["Body"].get("Text", {}).get("Data", ""))
    if html := simple["Body"].get("Html"):
        message.add_alternative(html["Data"], subtype="html")
    return message.as_bytes()


def _keep(message_id: str, message: bytes) -> None:
    headers = _parse_headers(message)
    _messages[message_id] = message
    _summaries.append(
        {
            "id": message_id,
            "at": int(time.time() * 1000),
            **{name: str(headers[name]) for name in ("from", "to", "subject")},
        }
    )


def _answer(status: int, content: bytes) -> Answer:
    return status, {"Content-Type": "application/octet-stream"}, content
