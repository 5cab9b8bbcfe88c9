"""`python -m tests.web.pictures` takes the pictures of docs/pictures again, from its own stack."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import mkdtemp

import httpx

from heed.domain.preferences.register import Source
from tests.support.registers import out
from tests.system.running import PATIENCE, ROOT, Running, free_ports, wait_until
from tests.web.page_states import OFFERS, THIS, LocalStack

PICTURES = ROOT / "docs" / "pictures"
PHONE = {"width": 390, "height": 780}


def main() -> None:
    """Starts a stack, takes the pictures and stops it."""
    running = Running(Path(mkdtemp(prefix="heed-pictures-")), *free_ports(2))
    try:
        stage = LocalStack(running.wait_until_ready())
        preferences = stage.preferences(stage.store_choice(out(OFFERS), Source.ONE_CLICK))
        _use(stage.site)
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
            "local": {"width": 1200, "height": 960, "url": "/_local/", "scheme": "light"},
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


def _use(site: str) -> None:
    """Sends mails and reports, so that the local page has something to show."""
    for name, topics in (("grace", ["news"]), ("edith", ["offers", "news"]), ("joan", ["offers"])):
        data = {"address": f"{name}@example.com", "topics": topics}
        httpx.post(f"{site}/subscribe", data=data, timeout=PATIENCE).raise_for_status()
    for button in ("complaint", "one-click", "parent"):
        httpx.post(f"{site}/_local/{button}", timeout=PATIENCE, follow_redirects=True).raise_for_status()
    shown = {"mails": "3 of 3", "changes": "Paused everything"}
    wait_until(
        lambda: all(
            text in httpx.get(f"{site}/_local/{name}", timeout=PATIENCE).text for name, text in shown.items()
        )
    )


if __name__ == "__main__":
    main()
