"""A consumer of the events of Heed, which keeps the marketing state of a platform's contacts.

The platform stores its contacts by address, and an event has a recipient id. So the platform stores each
contact with its id once (`heed ids < addresses`), and finds it by that id. Events arrive more than once and
in any order: for each contact and scope, the newest by `at` counts. Of two with the same time, the one that
stops mail counts. What is older than a purge is ignored, however late it arrives.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS contact (recipient TEXT PRIMARY KEY, address TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS preference (
  recipient TEXT, scope TEXT, about TEXT, event_type TEXT, at TEXT, until TEXT,
  PRIMARY KEY (recipient, scope, about));
CREATE TABLE IF NOT EXISTS purge (recipient TEXT PRIMARY KEY, at TEXT NOT NULL);
"""
CHOICES = ("Recipient Opted Out", "Recipient Opted In", "Recipient Paused")
PERMITTING, PAUSING, STOPPING = 0, 1, 2
EFFECTS = {"Recipient Opted In": PERMITTING, "Recipient Lifted": PERMITTING, "Recipient Paused": PAUSING}


def open_database(path: str) -> sqlite3.Connection:
    """Opens the platform's database, and creates its tables."""
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    return database


def add_contacts(database: sqlite3.Connection, addresses: dict[str, str]) -> None:
    """Stores contacts; `addresses` has an address for each recipient id, as `heed ids` computes them."""
    with database:
        database.executemany("INSERT OR IGNORE INTO contact VALUES (?, ?)", addresses.items())


def handle_event(database: sqlite3.Connection, event: dict[str, Any]) -> str | None:
    """Stores an event. Returns the address of its contact, or None if the person is no contact."""
    detail, event_type = event["detail"], event["detail-type"]
    if event_type == "Import Done":  # it is about nobody; each of its people has an event
        return None
    recipient = detail["recipient"]
    row = database.execute("SELECT address FROM contact WHERE recipient = ?", (recipient,)).fetchone()
    with database:
        if event_type == "Recipient Purged":
            _purge(database, recipient, detail["at"])
        else:
            _store(database, event_type, detail)
    return row[0] if row else None


def _purge(database: sqlite3.Connection, recipient: str, at: str) -> None:
    """Deletes what is older than a purge, and keeps its time. An event may be older and arrive later."""
    if at <= _purged_at(database, recipient):
        return  # it arrived before: the person may be a contact again
    database.execute("INSERT OR REPLACE INTO purge VALUES (?, ?)", (recipient, at))
    database.execute("DELETE FROM contact WHERE recipient = ?", (recipient,))
    database.execute("DELETE FROM preference WHERE recipient = ? AND at < ?", (recipient, at))


def _store(database: sqlite3.Connection, event_type: str, detail: dict[str, Any]) -> None:
    """Stores an event, unless a newer one, or a purge, came before it."""
    recipient, scope, at, until = detail["recipient"], detail["scope"], detail["at"], detail.get("until")
    if at < _purged_at(database, recipient):
        return  # what has the time of the purge is what remains of the record
    about = "choice" if event_type in CHOICES else detail["state"]
    stored = database.execute(
        "SELECT at, event_type, until FROM preference WHERE recipient = ? AND scope = ? AND about = ?",
        (recipient, scope, about),
    ).fetchone()
    if stored is None or _rank(*stored) < _rank(at, event_type, until):
        database.execute(
            "INSERT OR REPLACE INTO preference VALUES (?, ?, ?, ?, ?, ?)",
            (recipient, scope, about, event_type, at, until),
        )


def _purged_at(database: sqlite3.Connection, recipient: str) -> str:
    row = database.execute("SELECT at FROM purge WHERE recipient = ?", (recipient,)).fetchone()
    return row[0] if row else ""


def _rank(at: str, event_type: str, until: str | None) -> tuple[str, int, str]:
    """Returns what decides between two events: the time, then what stops mail, then what stops it longer."""
    return at, EFFECTS.get(event_type, STOPPING), until or "9999"


def main() -> None:
    """Reads events from standard input, one JSON object on each line. The argument is the database."""
    database = open_database(sys.argv[1])
    for line in sys.stdin:
        handle_event(database, json.loads(line))


if __name__ == "__main__":
    main()
