"""`python -m tests.web.pictures` takes the pictures of docs/pictures again, from the demo."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx

from heed.domain.preferences.register import Source
from local.demo.people import InventedPerson, invent_people
from tests.support.registers import out
from tests.system.running import PATIENCE, ROOT, Running, free_ports
from tests.web.page_states import OFFERS, THIS, LocalStack

PICTURES = ROOT / "docs" / "pictures"
PHONE = {"width": 390, "height": 780}
SCREEN = {"width": 1200, "height": 960, "scheme": "light"}
DEMO_PEOPLE, LOOKED_UP = 300, 100


def main() -> None:
    """Starts a stack with its demo, takes the pictures and stops it."""
    running = Running(Path(mkdtemp(prefix="heed-pictures-")), *free_ports(2), demo=["--demo"])
    try:
        stack = running.wait_until_ready()
        stage = LocalStack(stack)
        preferences = stage.preferences(stage.store_choice(out(OFFERS), Source.ONE_CLICK))
        agent, officer = stack["desk"]["users"]
        pictures = {
            "unsubscribe-phone": {
                **PHONE,
                "url": f"{stage.unsubscribe()}?lang=en",
                "scheme": "light",
            },
            "done-phone-dark-ja": {
                **PHONE,
                "url": f"{stage.unsubscribe()}?lang=ja",
                "scheme": "dark",
                "press": THIS,
            },
            "preferences-phone-dark-de": {
                **PHONE,
                "url": f"{preferences}?lang=de",
                "scheme": "dark",
            },
            "local": {**SCREEN, "url": "/_local/"},
            "desk-person": {
                **SCREEN,
                "person": agent,
                "url": "/desk",
                "fill": {"#person": _find_busiest(stack)},
                "press": ".look-up button",
            },
            "desk-cases": {**SCREEN, "height": 430, "person": officer, "url": "/desk/cases"},
            "desk-deadlines": {**SCREEN, "person": officer, "url": "/desk/deadlines"},
            "desk-numbers": {
                **SCREEN,
                "person": officer,
                "url": f"/desk/numbers?by=campaign&from={_days_ago(180)}&to={_days_ago(0)}",
            },
        }
        wanted = [{**how, "file": str(PICTURES / f"{name}.png")} for name, how in pictures.items()]
        subprocess.run(
            ["node", str(Path(__file__).with_name("pictures.mjs")), stage.site],  # noqa: S607
            input=json.dumps(wanted),
            text=True,
            check=True,
            timeout=120,
        )
    finally:
        running.stop()


def _days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).date().isoformat()


def _find_busiest(stack: dict[str, Any]) -> str:
    """Returns the address of the invented person who has the longest history."""
    key = {"authorization": f"Bearer {stack['api_key']}"}
    with httpx.Client(base_url=stack["api"], headers=key, timeout=PATIENCE) as client:

        def count_entries(person: InventedPerson) -> int:
            answer = client.post("/v1/recipients/lookup", json={"address": person.address})
            return len(answer.raise_for_status().json()["history"])

        return max(invent_people(DEMO_PEOPLE)[:LOOKED_UP], key=count_entries).address


if __name__ == "__main__":
    main()
