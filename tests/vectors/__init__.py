"""The published vectors, read once. A port of Heed to another language is right if it passes them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace


def _read(name: str) -> SimpleNamespace:
    return SimpleNamespace(**json.loads(Path(__file__).with_name(name).read_bytes()))


addresses = _read("addresses.json")
tokens = _read("tokens.json")
snapshot = _read("snapshot.json")
