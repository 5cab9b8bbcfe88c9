"""Samples of the preference centre."""

from __future__ import annotations

from itertools import cycle
from typing import Any

from brand_compiler.sample_parts import JUNE, MARKETING, MAY, SampleParts, Samples
from heed.domain.preferences.register import Source
from heed.entrypoints.http.pages.views import (
    AdvertisingLine,
    LastChange,
    LastChangeKind,
    PreferencesView,
    SavedNotice,
    SignalNotice,
    StateNote,
    TopicLine,
    TopicState,
)


def make_preference_samples(parts: SampleParts) -> Samples:
    """Returns the samples of the preference centre: of its topics, its notices and its last change."""

    def line(topic: str, state: TopicState, why: StateNote | None = None) -> TopicLine:
        return TopicLine(
            topic=topic,
            name=parts.names[topic],
            description=parts.descriptions[topic],
            state=state,
            why=why,
            since=MAY,
            until=JUNE,
        )

    def preferences(*lines: TopicLine, **more: Any) -> PreferencesView:
        advertising = AdvertisingLine(
            name=parts.names["targeted-advertising"],
            description=parts.descriptions["targeted-advertising"],
            state=more.pop("tracked", TopicState.IN),
            since=more.pop("since", None),
        )
        return PreferencesView(
            **parts.page,
            preferences_url=parts.centre,
            topics=lines,
            checkboxes=str(len(lines) + 1),
            advertising=advertising,
            **more,
        )

    last = LastChange(topic=parts.names["offers"], change=LastChangeKind.OUT, at=MAY, source=Source.ONE_CLICK)
    usual = (
        line("offers", TopicState.OUT, StateNote.STOPPED),
        line("news", TopicState.IN),
        line("events", TopicState.IN),
        line("research", TopicState.OUT, StateNote.NO_OPT_IN),
    )
    off = tuple(line(n, TopicState.OUT, StateNote.STOPPED) for n in MARKETING)
    return {
        **{
            f"preferences-{signal}": ("preferences", preferences(signal=signal, **parts.notices))
            for signal in SignalNotice
        },
        **{
            f"preferences-{source}": (
                "preferences",
                preferences(
                    last=LastChange(topic=parts.names["offers"], change=change, at=MAY, source=source),
                    subscribe_url="/subscribe",
                ),
            )
            for source, change in zip(Source, cycle(LastChangeKind), strict=False)
        },
        "preferences": ("preferences", preferences(*usual, last=last)),
        "preferences-saved": (
            "preferences",
            preferences(
                *usual,
                last=last,
                saved=SavedNotice.SAVED,
                undo="UNDO",
                undo_topics=(parts.names["offers"],),
                undo_pause=True,
            ),
        ),
        **{
            f"preferences-after-{notice}": (
                "preferences",
                preferences(
                    *(off if notice is SavedNotice.ALL_OFF else usual),
                    saved=notice,
                    restored=(parts.names["news"], parts.names["events"]),
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
                policy=parts.policy,
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
    }
