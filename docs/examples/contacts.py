"""A consumer of the events of Heed, which keeps the marketing state of a platform's contacts.

The platform stores its contacts by address, and an event has a recipient id. So the platform stores each
contact with its id once (`heed ids < addresses`), and finds it by that id. Events arrive more than once and
in any order: for each contact and scope, the newest by `at` counts.
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
"""
CHOICES = ("Recipient Opted Out", "Recipient Opted In", "Recipient Paused")


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
            database.execute("DELETE FROM contact WHERE recipient = ?", (recipient,))
            database.execute("DELETE FROM preference WHERE recipient = ?", (recipient,))
        else:
            about = "choice" if event_type in CHOICES else detail["state"]
            database.execute(
                "INSERT INTO preference VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " event_type = excluded.event_type, at = excluded.at, until = excluded.until"
                " WHERE excluded.at > preference.at",
                (recipient, detail["scope"], about, event_type, detail["at"], detail.get("until")),
            )
    return row[0] if row else None


def main() -> None:
    """Reads events from standard input, one JSON object on each line. The argument is the database."""
    database = open_database(sys.argv[1])
    for line in sys.stdin:
        handle_event(database, json.loads(line))


if __name__ == "__main__":
    main()
