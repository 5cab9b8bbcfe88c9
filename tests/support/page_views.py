"""Views as functions fill them, one for each state that a page has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import Source
from heed.entrypoints.http.pages.views import (
    Advertising,
    Change,
    Confirm,
    Confirmed,
    Done,
    Field,
    Landing,
    Last,
    Line,
    Mistake,
    Option,
    Outcome,
    Page,
    Policy,
    Preferences,
    Signal,
    State,
    Subscribe,
    Unavailable,
    Why,
)

if TYPE_CHECKING:
    from heed.entrypoints.http.pages.pages import Pages

LANGUAGES = ("de", "en", "es", "fr", "ja")
BRAND = "Meridian Watches"
CENTRE = "/p/AQEAAAAA?lang="
MAY = 1_777_817_100_000  # 3 May 2026, 14:05 UTC
JUNE = 1_781_222_400_000  # 12 June 2026


def catalogue(folder: Path) -> dict[str, Any]:
    """The compiled catalogue."""
    return dict(json.loads((folder / "catalogue.json").read_text(encoding="utf-8")))


def samples(language: str, topics: list[dict[str, Any]]) -> dict[str, tuple[str, Page]]:
    """Name of the sample → name of the page, view."""
    names = {topic["name"]: topic["names"][language] for topic in topics}
    about = {topic["name"]: topic["descriptions"][language] for topic in topics}
    centre = CENTRE + language
    service = (names["service"],)

    def line(topic: str, state: State, why: Why | None = None) -> Line:
        return Line(
            topic=topic,
            name=names[topic],
            description=about[topic],
            state=state,
            why=why,
            since=MAY,
            until=JUNE,
        )

    def landing(**more: Any) -> Landing:
        return Landing(language=language, brand=BRAND, preferences_url=centre, **more)

    def done(**more: Any) -> Done:
        more = {"service": service, **more}
        return Done(language=language, brand=BRAND, preferences_url=centre, **more)

    def preferences(*lines: Line, **more: Any) -> Preferences:
        advertising = Advertising(
            name=names["targeted-advertising"],
            description=about["targeted-advertising"],
            state=more.pop("tracked", State.IN),
            since=more.pop("since", None),
        )
        return Preferences(
            language=language,
            brand=BRAND,
            preferences_url=centre,
            topics=lines,
            advertising=advertising,
            **more,
        )

    policy = Policy(version="2026-07", effective="2026-07-01", summary=about["news"])
    last = Last(topic=names["offers"], change=Change.OUT, at=MAY, source=Source.ONE_CLICK)
    usual = (
        line("offers", State.OUT, Why.STOPPED),
        line("news", State.IN),
        line("events", State.IN),
        line("research", State.OUT, Why.NOT_ASKED),
    )
    off = tuple(line(n, State.OUT, Why.STOPPED) for n in ("offers", "news", "events", "research"))
    options = tuple(
        Option(topic=name, name=names[name], description=about[name])
        for name in ("offers", "news", "events", "research")
    )
    return {
        "landing": ("landing", landing(topic=names["offers"], description=about["offers"])),
        "landing-all": ("landing", landing(update=policy)),
        "landing-signal": (
            "landing",
            landing(
                topic=names["offers"],
                description=about["offers"],
                signal=Signal.SEEN,
                policy=policy,
            ),
        ),
        "done": ("done", done(topic=names["offers"], undo="UNDO")),
        "done-all": ("done", done(signal=Signal.APPLIED)),
        "preferences": ("preferences", preferences(*usual, last=last)),
        "preferences-saved": (
            "preferences",
            preferences(*usual, last=last, saved=True, undo="UNDO", undone=names["offers"]),
        ),
        "preferences-unread": ("preferences", preferences(*usual, last=last, unread=True)),
        "preferences-paused": (
            "preferences",
            preferences(
                line("offers", State.OUT, Why.REPORTED),
                line("news", State.IN, Why.PAUSED),
                line("events", State.IN),
                paused_until=JUNE,
                signal=Signal.SEEN,
                policy=policy,
                undeliverable=True,
            ),
        ),
        "preferences-off": (
            "preferences",
            preferences(
                *off,
                everything_off=True,
                tracked=State.OUT,
                since=MAY,
                signal=Signal.APPLIED,
                last=Last(topic="", change=Change.OUT, at=MAY, source=Source.PREFERENCE_CENTRE),
            ),
        ),
        "neutral": ("neutral", Page(language=language, brand=BRAND)),
        "not_found": (
            "not_found",
            Page(language=language, brand=BRAND, subscribe_url="/subscribe"),
        ),
        "unavailable": (
            "unavailable",
            Unavailable(
                language=language,
                brand=BRAND,
                kept=True,
                retry=(Field(name="scope", value="this"),),
            ),
        ),
        "subscribe": (
            "subscribe",
            Subscribe(
                language=language,
                brand=BRAND,
                subscribe_url="/subscribe",
                other_url="/subscribe?intent=out",
                intent=Intent.IN,
                topics=options,
            ),
        ),
        "subscribe-mistake": (
            "subscribe",
            Subscribe(
                language=language,
                brand=BRAND,
                subscribe_url="/subscribe",
                other_url="/subscribe?intent=out",
                intent=Intent.IN,
                topics=options,
                address="somebody at example",
                error=Mistake.ADDRESS,
                consent=True,
            ),
        ),
        "subscribe-resume": (
            "subscribe",
            Subscribe(
                language=language,
                brand=BRAND,
                subscribe_url="/subscribe",
                intent=Intent.IN,
                resume="meridian",
                consent=True,
            ),
        ),
        "subscribe-out": (
            "subscribe",
            Subscribe(
                language=language,
                brand=BRAND,
                subscribe_url="/subscribe",
                other_url="/subscribe",
                intent=Intent.OUT,
            ),
        ),
        "accepted": ("accepted", Page(language=language, brand=BRAND)),
        "confirm": (
            "confirm",
            Confirm(language=language, brand=BRAND, intent=Intent.IN, topics=(names["news"],)),
        ),
        "confirm-resume": (
            "confirm",
            Confirm(language=language, brand=BRAND, intent=Intent.IN, resume=True),
        ),
        "confirm-out": ("confirm", Confirm(language=language, brand=BRAND, intent=Intent.OUT)),
        "confirm-out-some": (
            "confirm",
            Confirm(language=language, brand=BRAND, intent=Intent.OUT, topics=(names["news"],)),
        ),
        "confirmed": (
            "confirmed",
            Confirmed(
                language=language,
                brand=BRAND,
                intent=Intent.IN,
                topics=(names["news"],),
                outcome=Outcome.DONE,
                preferences_url=centre,
            ),
        ),
        "confirmed-superseded": (
            "confirmed",
            Confirmed(language=language, brand=BRAND, intent=Intent.IN, outcome=Outcome.SUPERSEDED),
        ),
        "confirmed-expired": (
            "confirmed",
            Confirmed(
                language=language,
                brand=BRAND,
                intent=Intent.IN,
                outcome=Outcome.EXPIRED,
                subscribe_url="/subscribe",
            ),
        ),
        "unavailable-full": ("unavailable", Unavailable(language=language, brand=BRAND, full=True)),
        "unavailable-page": ("unavailable", Unavailable(language=language, brand=BRAND)),
    }


def render(pages: Pages, page: str, view: Page) -> str:
    """The page of a view, through the method of its name."""
    return str(getattr(pages, page)(view))
