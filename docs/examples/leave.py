"""Prints every active suppression as CSV, with the address where you have it (docs/leaving.md).

heed ids --json < addresses.txt > ids.jsonl
python3 leave.py https://api.example.com ids.jsonl > stops.csv

The environment variable HEED_API_KEY has a key with the scope `read`.
"""

import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

COLUMNS = ("address", "recipient", "reason", "scope", "except", "since", "source", "until")


class NoRedirect(HTTPRedirectHandler):
    """Takes a redirect for a failure. Another server must not get the key."""

    def redirect_request(self, *_: object) -> None:
        """Returns no request."""


OPENER = build_opener(NoRedirect)


def read_feed(api: str, key: str) -> Iterator[dict[str, Any]]:
    """Yields the entries of /v1/suppressions from the first change on."""
    query: dict[str, str | int] = {"limit": 1000}
    while True:
        headers = {"Authorization": f"Bearer {key}"}
        request = Request(f"{api}/v1/suppressions?{urlencode(query)}", headers=headers)  # noqa: S310 - your API
        with OPENER.open(request, timeout=60) as answer:
            page = json.load(answer)
        yield from page["suppressions"]
        if page["end"]:
            return
        query["cursor"] = page["cursor"]


def main() -> None:
    """Prints the table."""
    api, ids = sys.argv[1:]
    with Path(ids).open(encoding="utf-8") as lines:
        people = map(json.loads, lines)
        addresses = {person["recipient"]: person["address"] for person in people if person["recipient"]}
    newest = {}
    key = os.environ["HEED_API_KEY"]  # noqa: TID251 - this is no part of Heed
    for entry in read_feed(api.rstrip("/"), key):
        newest[entry["recipient"], entry["reason"], entry["scope"]] = entry
    table = csv.DictWriter(sys.stdout, COLUMNS, extrasaction="ignore")
    table.writeheader()
    for entry in newest.values():
        if entry["state"] != "lifted":
            address = addresses.get(entry["recipient"], "")
            table.writerow({**entry, "address": address, "except": " ".join(entry["except"])})


if __name__ == "__main__":
    main()
