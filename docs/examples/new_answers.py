"""Brings the answers of Heed about one topic to a platform: what all scripts `sync_….py` share.

docs/recipes/platforms.md describes it. `people.csv` has a row for each contact: its id at the platform, and
its recipient id. This program makes it of a file with the columns `id` and `email`:

    python3 new_answers.py contacts.csv > people.csv
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import HTTPRedirectHandler, Request, build_opener

from heed.client import Heed, PersonCheck

SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (
  topic TEXT, id TEXT, recipient TEXT, sendable INTEGER, until TEXT, PRIMARY KEY (topic, id));
CREATE TABLE IF NOT EXISTS feed (topic TEXT PRIMARY KEY, cursor TEXT);
"""


class NewAnswer(NamedTuple):
    """What the platform does not know yet: whether a contact may get the topic.

    Attributes:
        id: The id of the contact at the platform.
        recipient: The recipient id.
        sendable: Whether the contact may get the topic.
        was_stopped: Whether an earlier run stopped the contact. The platform may know another stop, which
            Heed does not know. So a script never changes a choice at the platform back into a yes.
    """

    id: str
    recipient: str
    sendable: bool
    was_stopped: bool


class NoRedirect(HTTPRedirectHandler):
    """Takes a redirect for a failure. Another server must not get the key."""

    def redirect_request(self, *_: object) -> None:
        """Returns no request."""


OPENER = build_opener(NoRedirect)


def setting(name: str) -> str:
    """Returns a variable of the environment."""
    return os.environ[name]  # noqa: TID251 - this is no part of Heed


def call(method: str, url: str, headers: dict[str, str], body: object) -> Any:  # noqa: ANN401 - any JSON
    """Sends JSON to a platform, and returns its JSON. Any status but 2xx is an exception."""
    headers = {"Content-Type": "application/json", **headers}
    request = Request(url, json.dumps(body).encode(), headers, method=method)  # noqa: S310 - your platform
    with OPENER.open(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def synchronize(send: Callable[[list[NewAnswer]], None], size: int) -> None:
    """Sends what is new to a platform, in batches. An answer is stored once the platform has it.

    Args:
        send: Sends a batch. It raises an exception unless the platform has taken all of it.
        size: How many answers a batch has.
    """
    arguments = argparse.ArgumentParser()
    arguments.add_argument("people", type=Path)
    arguments.add_argument("database", type=Path)
    arguments.add_argument("--changed", action="store_true", help="only people that the feed names")
    given = arguments.parse_args()
    heed, topic = Heed(setting("HEED_URL"), setting("HEED_API_KEY")), setting("HEED_TOPIC")
    with given.people.open(newline="", encoding="utf-8") as file:
        people = {row["id"]: row["recipient"] for row in csv.DictReader(file)}
    database = sqlite3.connect(given.database)
    database.executescript(SCHEMA)
    cursor = None
    if given.changed:
        people, cursor = _select_changed(heed, topic, people, database)
    answers = {answer.person: answer for answer in heed.check(topic, recipients=sorted({*people.values()}))}
    for batch in _batches(people, answers, _known(database, topic), size):
        send(batch)
        _store(database, topic, {new.id: new.recipient for new in batch}, answers)
    _store(database, topic, people, answers)  # an end of a pause may have changed
    if cursor is not None:
        with database:
            database.execute("INSERT OR REPLACE INTO feed VALUES (?, ?)", (topic, cursor))
    database.close()


def _store(
    database: sqlite3.Connection, topic: str, people: dict[str, str], answers: dict[str, PersonCheck]
) -> None:
    rows = []
    for contact, recipient in people.items():
        answer = answers[recipient]
        until = answer.until.astimezone(UTC).isoformat() if answer.until else None
        rows.append((topic, contact, recipient, answer.sendable, until))
    with database:
        database.executemany("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?)", rows)


def _select_changed(
    heed: Heed, topic: str, people: dict[str, str], database: sqlite3.Connection
) -> tuple[dict[str, str], str | None]:
    """Returns the people to ask about: in the feed since the last run, new ones, and whose pause is over."""
    row = database.execute("SELECT cursor FROM feed WHERE topic = ?", (topic,)).fetchone()
    cursor, named = row[0] if row else None, set()
    for page in heed.suppressions(cursor=cursor):
        named |= {entry.recipient for entry in page.suppressions}
        cursor = page.cursor
    now = datetime.now(UTC).isoformat()
    ended = "SELECT id FROM answer WHERE topic = ? AND until < ?"
    due = {contact for (contact,) in database.execute(ended, (topic, now))}
    known = _known(database, topic)
    changed = {
        contact: recipient
        for contact, recipient in people.items()
        if recipient in named or contact in due or contact not in known
    }
    return changed, cursor


def _known(database: sqlite3.Connection, topic: str) -> dict[str, tuple[str, bool]]:
    rows = database.execute("SELECT id, recipient, sendable FROM answer WHERE topic = ?", (topic,))
    return {contact: (recipient, bool(sendable)) for contact, recipient, sendable in rows}


def _batches(
    people: dict[str, str],
    answers: dict[str, PersonCheck],
    known: dict[str, tuple[str, bool]],
    size: int,
) -> Iterator[list[NewAnswer]]:
    """Yields what the platform does not know, stops first."""
    new = [
        NewAnswer(contact, recipient, answers[recipient].sendable, known.get(contact) == (recipient, False))
        for contact, recipient in people.items()
        if known.get(contact) != (recipient, answers[recipient].sendable)
    ]
    new.sort(key=lambda answer: answer.sendable)
    for first in range(0, len(new), size):
        yield new[first : first + size]


def main() -> None:
    """Prints `people.csv`, without contacts whose address is not valid. Standard error names their ids."""
    heed = Heed(setting("HEED_URL"), setting("HEED_API_KEY"))
    with Path(sys.argv[1]).open(newline="", encoding="utf-8-sig") as file:
        contacts = {row["id"]: row["email"] for row in csv.DictReader(file)}
    people = csv.writer(sys.stdout)
    people.writerow(["id", "recipient"])
    for contact, answer in zip(contacts, heed.check(setting("HEED_TOPIC"), contacts.values()), strict=True):
        if answer.recipient:
            people.writerow([contact, answer.recipient])
        else:
            sys.stderr.write(f"{contact} has no valid address: do not mail it\n")


if __name__ == "__main__":
    main()
