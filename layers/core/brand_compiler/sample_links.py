"""Samples of the pages behind an unsubscribe link."""

from __future__ import annotations

from functools import partial
from typing import Any

from brand_compiler.sample_parts import JUNE, MAY, SampleParts, Samples
from heed.entrypoints.http.pages.views import (
    DoneView,
    LandingView,
    SignalNotice,
    UnsubscribedState,
    UnsubscribedView,
)


def make_link_samples(parts: SampleParts) -> Samples:
    """Returns the samples of the pages that ask, that confirm a press, and of a link that is opened again."""

    def landing(**more: Any) -> LandingView:
        return LandingView(**parts.page, preferences_url=parts.centre, **more)

    def done(**more: Any) -> DoneView:
        more = {"service": (parts.names["service"],), **more}
        return DoneView(**parts.page, preferences_url=parts.centre, **more)

    def unsubscribed(state: UnsubscribedState, **more: Any) -> UnsubscribedView:
        return UnsubscribedView(
            **parts.page,
            preferences_url=parts.centre,
            state=state,
            topic=parts.names["offers"],
            **more,
        )

    return {
        **{
            f"{page}-{signal}": (page, make(signal=signal, **parts.notices))
            for signal in SignalNotice
            for page, make in (
                ("landing", landing),
                ("unsubscribed", partial(unsubscribed, UnsubscribedState.ALL, since=MAY)),
                ("done", done),
            )
        },
        "landing": (
            "landing",
            landing(topic=parts.names["offers"], description=parts.descriptions["offers"]),
        ),
        "landing-all": ("landing", landing(update=parts.policy)),
        "landing-signal": (
            "landing",
            landing(
                topic=parts.names["offers"],
                description=parts.descriptions["offers"],
                signal=SignalNotice.SEEN,
                policy=parts.policy,
            ),
        ),
        "landing-paused": (
            "landing",
            landing(topic=parts.names["offers"], since=MAY, paused_until=JUNE, undeliverable=True),
        ),
        **{
            f"unsubscribed-{state}": (
                "unsubscribed",
                unsubscribed(
                    state,
                    since=since,
                    campaign="may",
                    ref="customer-4711",
                    can_stop_topic=state is UnsubscribedState.NO_TOPIC,
                    can_stop_all=state is not UnsubscribedState.ALL,
                ),
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
        "done": ("done", done(topic=parts.names["offers"], undo="UNDO")),
        "done-all": ("done", done(signal=SignalNotice.APPLIED)),
    }
