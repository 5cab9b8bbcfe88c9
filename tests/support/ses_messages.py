"""SES events in the documented formats, and a catalogue for them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from heed.domain.preferences.catalogue import Catalogue
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id

KEY = bytes(range(32))
FOLDER = Path(__file__).parents[1] / "data" / "ses"
EVENTS = Path(__file__).parents[2] / "events"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
BRAND = {
    "default_brand": 1,
    "default_language": "en",
    "languages": ["en"],
    "contact": {"mailbox": "contact@example.com"},
    "policies": [],
    "brands": [{"number": 1, "name": "meridian", "title": "Meridian", "domain": "example.com"}],
    "topics": [
        {
            "number": number,
            "name": name,
            "brand": None if kind == "signal" else 1,
            "kind": kind,
            "default": "in",
            "retired": False,
            "follows": None,
            "names": {},
            "descriptions": {},
        }
        for number, name, kind in [
            (2, "offers", "marketing"),
            (3, "news", "marketing"),
            (6, "service", "service"),
            (7, "targeted-advertising", "signal"),
        ]
    ],
}
CATALOGUE = Catalogue.from_document(BRAND)


def identify(address: str) -> str:
    """Returns the recipient id of an address, computed with the key of the tests."""
    return recipient_id(KEY, normalise_address(address))


TAGGED = identify("tagged@example.com")


def ses_event(name: str, **changed: Any) -> dict[str, Any]:
    """Returns an event of tests/data/ses, with some members changed.

    The text TAG in a file is replaced by the recipient id of b@example.com.

    Args:
        name: Name of the file, without its extension.
        changed: Members to replace. `bounce__bounceType="X"` sets the member `bounceType` of `bounce`.
    """
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    event: dict[str, Any] = json.loads(text.replace('"TAG"', json.dumps(identify("b@example.com"))))
    for path, value in changed.items():
        *parents, last = path.split("__")
        member = event
        for parent in parents:
            member = member.setdefault(parent, {})
        member[last] = copy.deepcopy(value)
    return event


def sns_envelope(message: str, **members: Any) -> str:
    """Returns the envelope that SNS puts around a message."""
    stamp = {"Timestamp": "2026-03-05T00:41:03.101Z"}
    return json.dumps({"Type": "Notification", "Message": message, **stamp, **members})
