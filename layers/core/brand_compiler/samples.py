"""Sample views of the pages, one for each state of a page, and the answers that the build renders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import cycle, product
from typing import TYPE_CHECKING, Any

from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import Source
from heed.entrypoints.http.pages.views import (
    AddressMistake,
    AdvertisingLine,
    ConfirmationMailView,
    ConfirmationOutcome,
    ConfirmedView,
    ConfirmView,
    DoneView,
    LandingView,
    LastChange,
    LastChangeKind,
    PageView,
    PolicyNotice,
    PreferencesView,
    SavedNotice,
    SignalNotice,
    StateNote,
    SubscribeView,
    TopicLine,
    TopicOption,
    TopicState,
    UnsubscribedState,
    UnsubscribedView,
)

if TYPE_CHECKING:
    from heed.entrypoints.http.pages.pages import Pages

BRAND = "Meridian Watches"
CENTRE = "/p/AQEAAAAA?lang="
MAY = Millis(1_777_817_100_000)  # 3 May 2026, 14:05 UTC
JUNE = Millis(1_781_222_400_000)  # 12 June 2026


def _cast_topics(topics: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Returns the topics by their names in the sample. Those of another brand take their parts in order."""
    parts = {
        "marketing": ("offers", "news", "events", "research"),
        "service": ("service",),
        "signal": ("targeted-advertising",),
    }
    cast: dict[str, dict[str, Any]] = {}
    for kind, names in parts.items():
        actors = [topic for topic in topics if topic["kind"] == kind and not topic["retired"]] or topics
        cast |= {name: actors[place % len(actors)] for place, name in enumerate(names)}
    return cast


def sample_views(language: str, topics: list[dict[str, Any]]) -> dict[str, tuple[str, PageView]]:
    """Returns the name of the page and the view of each sample, by the name of the sample."""
    parts = _cast_topics(topics)
    names = {part: topic["names"][language] for part, topic in parts.items()}
    descriptions = {part: topic["descriptions"][language] for part, topic in parts.items()}
    centre = CENTRE + language
    service = (names["service"],)

    def line(topic: str, state: TopicState, why: StateNote | None = None) -> TopicLine:
        return TopicLine(
            topic=topic,
            name=names[topic],
            description=descriptions[topic],
            state=state,
            why=why,
            since=MAY,
            until=JUNE,
        )

    def landing(**more: Any) -> LandingView:
        return LandingView(language=language, brand=BRAND, preferences_url=centre, **more)

    def done(**more: Any) -> DoneView:
        more = {"service": service, **more}
        return DoneView(language=language, brand=BRAND, preferences_url=centre, **more)

    def unsubscribed(state: UnsubscribedState, **more: Any) -> UnsubscribedView:
        return UnsubscribedView(
            language=language,
            brand=BRAND,
            preferences_url=centre,
            state=state,
            topic=names["offers"],
            **more,
        )

    def preferences(*lines: TopicLine, **more: Any) -> PreferencesView:
        advertising = AdvertisingLine(
            name=names["targeted-advertising"],
            description=descriptions["targeted-advertising"],
            state=more.pop("tracked", TopicState.IN),
            since=more.pop("since", None),
        )
        return PreferencesView(
            language=language,
            brand=BRAND,
            preferences_url=centre,
            topics=lines,
            advertising=advertising,
            **more,
        )

    def subscribe(intent: Intent, **more: Any) -> SubscribeView:
        more = {"subscribe_url": "/subscribe", **more}
        return SubscribeView(language=language, brand=BRAND, intent=intent, **more)

    policy = PolicyNotice(version="2026-07", effective="2026-07-01", summary=descriptions["news"])
    last = LastChange(topic=names["offers"], change=LastChangeKind.OUT, at=MAY, source=Source.ONE_CLICK)
    usual = (
        line("offers", TopicState.OUT, StateNote.STOPPED),
        line("news", TopicState.IN),
        line("events", TopicState.IN),
        line("research", TopicState.OUT, StateNote.NO_OPT_IN),
    )
    off = tuple(line(n, TopicState.OUT, StateNote.STOPPED) for n in ("offers", "news", "events", "research"))
    options = tuple(
        TopicOption(topic=name, name=names[name], description=descriptions[name])
        for name in ("offers", "news", "events", "research")
    )
    consent: dict[str, Any] = {
        "consent": True,
        "preferences": "AQEAAAAA",
        "preferences_url": centre,
        "page_url": "?confirm=5&",
    }
    notices: dict[str, Any] = {
        "campaign": "may",
        "subscribe_url": "/subscribe",
        "policy": policy,
        "update": policy,
    }
    after: dict[str, Any] = {
        "language": language,
        "brand": BRAND,
        "topics": (names["news"],),
        "preferences_url": centre,
    }
    confirmed = partial(ConfirmedView, outcome=ConfirmationOutcome.DONE, **after)
    return {
        **{
            f"{page}-{signal}": (page, make(signal=signal, **notices))
            for signal in SignalNotice
            for page, make in (
                ("landing", landing),
                ("unsubscribed", partial(unsubscribed, UnsubscribedState.ALL, since=MAY)),
                ("done", done),
                ("preferences", preferences),
                ("confirm", partial(ConfirmView, intent=Intent.IN, **after)),
                ("confirmed", partial(confirmed, intent=Intent.OUT)),
            )
        },
        **{
            f"preferences-{source}": (
                "preferences",
                preferences(
                    last=LastChange(topic=names["offers"], change=change, at=MAY, source=source),
                    subscribe_url="/subscribe",
                ),
            )
            for source, change in zip(Source, cycle(LastChangeKind), strict=False)
        },
        **{
            f"subscribe-{mistake}": (
                "subscribe",
                subscribe(
                    Intent.IN,
                    address_mistake=mistake,
                    is_topic_missing=True,
                    topics=options,
                    first_topic="offers",
                ),
            )
            for mistake in AddressMistake
        },
        "subscribe-no-topic": (
            "subscribe",
            subscribe(Intent.IN, is_topic_missing=True, topics=options, first_topic="offers"),
        ),
        "subscribe-consent": (
            "subscribe",
            subscribe(
                Intent.IN,
                topics=(replace(options[3], chosen=True),),
                signal=True,
                is_rest_saved=True,
                **{**consent, "consent_names": (names["research"],)},
            ),
        ),
        "subscribe-consent-without-form": ("subscribe", subscribe(Intent.IN, subscribe_url="", **consent)),
        "subscribe-without-form": ("subscribe", subscribe(Intent.OUT, subscribe_url="", campaign="may")),
        "subscribe-campaign": ("subscribe", subscribe(Intent.IN, topics=options, campaign="may")),
        "landing": ("landing", landing(topic=names["offers"], description=descriptions["offers"])),
        "landing-all": ("landing", landing(update=policy)),
        "landing-signal": (
            "landing",
            landing(
                topic=names["offers"],
                description=descriptions["offers"],
                signal=SignalNotice.SEEN,
                policy=policy,
            ),
        ),
        "landing-paused": (
            "landing",
            landing(topic=names["offers"], since=MAY, paused_until=JUNE, undeliverable=True),
        ),
        **{
            f"unsubscribed-{state}": (
                "unsubscribed",
                unsubscribed(state, since=since, can_stop_all=state is not UnsubscribedState.ALL),
            )
            for state, since in (
                (UnsubscribedState.TOPIC, MAY),
                (UnsubscribedState.BRAND, MAY),
                (UnsubscribedState.ALL, MAY),
                (UnsubscribedState.NO_TOPIC, None),
                (UnsubscribedState.NONE, None),
            )
        },
        "unsubscribed-reported": (
            "unsubscribed",
            unsubscribed(UnsubscribedState.ALL, since=MAY, reported=True, undeliverable=True),
        ),
        "done": ("done", done(topic=names["offers"], undo="UNDO")),
        "done-all": ("done", done(signal=SignalNotice.APPLIED)),
        "preferences": ("preferences", preferences(*usual, last=last)),
        "preferences-saved": (
            "preferences",
            preferences(
                *usual, last=last, saved=SavedNotice.SAVED, undo="UNDO", undo_topics=(names["offers"],)
            ),
        ),
        **{
            f"preferences-after-{notice}": (
                "preferences",
                preferences(
                    *(off if notice is SavedNotice.ALL_OFF else usual),
                    saved=notice,
                    restored=(names["news"], names["events"]),
                    all_marketing_off=notice is SavedNotice.ALL_OFF,
                    undo="UNDO" if notice is SavedNotice.ALL_OFF else "",
                ),
            )
            for notice in SavedNotice
        },
        "preferences-unread": ("preferences", preferences(*usual, last=last, form_incomplete=True)),
        "preferences-paused": (
            "preferences",
            preferences(
                line("offers", TopicState.OUT, StateNote.REPORTED),
                line("news", TopicState.IN, StateNote.PAUSED),
                line("events", TopicState.IN),
                paused_until=JUNE,
                signal=SignalNotice.SEEN,
                policy=policy,
                undeliverable=True,
            ),
        ),
        "preferences-off": (
            "preferences",
            preferences(
                *off,
                all_marketing_off=True,
                tracked=TopicState.OUT,
                since=MAY,
                signal=SignalNotice.APPLIED,
                last=LastChange(topic="", change=LastChangeKind.OUT, at=MAY, source=Source.PREFERENCE_CENTRE),
            ),
        ),
        "subscribe": (
            "subscribe",
            subscribe(Intent.IN, other_url="/subscribe?intent=out", topics=options),
        ),
        "subscribe-mistake": (
            "subscribe",
            subscribe(
                Intent.IN,
                other_url="/subscribe?intent=out",
                topics=options,
                address="somebody at example",
                address_mistake=AddressMistake.INVALID,
                first_topic="offers",
                **consent,
            ),
        ),
        "subscribe-resume": ("subscribe", subscribe(Intent.IN, resume="meridian", **consent)),
        "subscribe-out": ("subscribe", subscribe(Intent.OUT, other_url="/subscribe")),
        "confirm": (
            "confirm",
            ConfirmView(language=language, brand=BRAND, intent=Intent.IN, topics=(names["news"],)),
        ),
        "confirm-resume": (
            "confirm",
            ConfirmView(language=language, brand=BRAND, intent=Intent.IN, resume=True),
        ),
        "confirm-out": ("confirm", ConfirmView(language=language, brand=BRAND, intent=Intent.OUT)),
        "confirm-out-some": (
            "confirm",
            ConfirmView(language=language, brand=BRAND, intent=Intent.OUT, topics=(names["news"],)),
        ),
        "confirmed": (
            "confirmed",
            ConfirmedView(
                language=language,
                brand=BRAND,
                intent=Intent.IN,
                topics=(names["news"],),
                outcome=ConfirmationOutcome.DONE,
                preferences_url=centre,
            ),
        ),
        "confirmed-out": ("confirmed", replace(confirmed(intent=Intent.OUT), topics=())),
        "confirmed-undeliverable": ("confirmed", confirmed(intent=Intent.IN, undeliverable=True)),
        **{
            f"confirmed-{outcome}": (
                "confirmed",
                ConfirmedView(
                    language=language,
                    brand=BRAND,
                    intent=Intent.IN,
                    outcome=outcome,
                    preferences_url=centre,
                ),
            )
            for outcome in (ConfirmationOutcome.SUPERSEDED, ConfirmationOutcome.NO_EFFECT)
        },
        "confirmed-expired": (
            "confirmed",
            ConfirmedView(
                language=language,
                brand=BRAND,
                intent=Intent.IN,
                outcome=ConfirmationOutcome.EXPIRED,
                subscribe_url="/subscribe",
            ),
        ),
    }


def sample_mails(language: str) -> Iterator[ConfirmationMailView]:
    """Yields the view of each state of the confirmation mail."""
    for intent, topics, resume in product(Intent, ((), (BRAND,)), (False, True)):
        yield ConfirmationMailView(
            language=language,
            brand=BRAND,
            intent=intent,
            topics=topics,
            resume=resume,
            confirm_url="https://example.com/c/AQEAAAAA",
            unsubscribe_url="https://example.com/u/AQEAAAAA",
        )


def answers(pages: Pages, language: str) -> dict[str, str]:
    """Returns each answer that the build renders, by the name of its sample."""
    fields = [("scope", "this")]
    return {
        "neutral": pages.neutral(language),
        "accepted": pages.accepted(language, "reader@example.com", fields, ""),
        "accepted-origin": pages.accepted(language, "reader@example.com", fields, CENTRE + language),
        "not_found": pages.not_found(language, has_form=True),
        "not_found-contact": pages.not_found(language, has_form=False),
        "unavailable": pages.unavailable(language, fields, kept=True),
        "unavailable-page": pages.unavailable(language),
        "unavailable-kept": pages.unavailable(language, kept=True),
        "unavailable-retry": pages.unavailable(language, fields),
        "unavailable-result": pages.unavailable_result(language),
        "unavailable-full": pages.queue_full(language),
    }
