"""A consumer of Heed's events: keeps the marketing state of a platform's contacts.

The platform has its contacts under addresses; events have recipient ids. So each contact is stored with
its id once (`heed ids < addresses`), and an event finds it by that. Events repeat and overtake each
other: of each contact and scope the newest by `at` counts.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS contact (recipient TEXT PRIMARY KEY, address TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS heard (
  recipient TEXT, scope TEXT, about TEXT, happened TEXT, at TEXT, until TEXT,
  PRIMARY KEY (recipient, scope, about));
"""
CHOICES = ("Recipient Opted Out", "Recipient Opted In", "Recipient Paused")


def opened(path: str) -> sqlite3.Connection:
    """The platform's database."""
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    return database


def join(database: sqlite3.Connection, ids: dict[str, str]) -> None:
    """Store contacts under their recipient ids: address by id, as `heed ids` computes them."""
    with database:
        database.executemany("INSERT OR IGNORE INTO contact VALUES (?, ?)", ids.items())


def take(database: sqlite3.Connection, event: dict[str, Any]) -> str | None:
    """Take an event in; the address it is about, or None for somebody who is no contact."""
    detail, kind = event["detail"], event["detail-type"]
    recipient = detail["recipient"]
    found = database.execute("SELECT address FROM contact WHERE recipient = ?", (recipient,))
    row = found.fetchone()
    with database:
        if kind == "Recipient Purged":
            database.execute("DELETE FROM contact WHERE recipient = ?", (recipient,))
            database.execute("DELETE FROM heard WHERE recipient = ?", (recipient,))
        else:
            about = "choice" if kind in CHOICES else detail["state"]
            database.execute(
                "INSERT INTO heard VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " happened = excluded.happened, at = excluded.at, until = excluded.until"
                " WHERE excluded.at > heard.at",
                (recipient, detail["scope"], about, kind, detail["at"], detail.get("until")),
            )
    return row[0] if row else None


def main() -> None:
    """Events as lines of JSON on standard input; the database is the argument."""
    database = opened(sys.argv[1])
    for line in sys.stdin:
        take(database, json.loads(line))


if __name__ == "__main__":
    main()
