"""Samples of the subscribe form and of the pages behind a confirmation mail."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from brand_compiler.sample_parts import MARKETING, SampleParts, Samples
from heed.domain.opt_in.confirmation_token import Intent
from heed.entrypoints.http.pages.views import (
    AddressMistake,
    ConfirmationOutcome,
    ConfirmedView,
    ConfirmView,
    SignalNotice,
    SubscribeView,
    TopicOption,
)


def make_opt_in_samples(parts: SampleParts) -> Samples:
    """Returns the samples of the form, of its mistakes, and of the pages that confirm."""

    def subscribe(intent: Intent, **more: Any) -> SubscribeView:
        more = {"subscribe_url": "/subscribe", **more}
        return SubscribeView(**parts.page, intent=intent, **more)

    options = tuple(
        TopicOption(topic=name, name=parts.names[name], description=parts.descriptions[name])
        for name in MARKETING
    )
    consent: dict[str, Any] = {
        "consent": True,
        "preferences": "AQEAAAAA",
        "preferences_url": parts.centre,
        "page_url": "?confirm=5&",
    }
    after: dict[str, Any] = {
        **parts.page,
        "topics": (parts.names["news"],),
        "preferences_url": parts.centre,
    }
    confirmed = partial(ConfirmedView, outcome=ConfirmationOutcome.DONE, **after)
    return {
        **{
            f"{page}-{signal}": (page, make(signal=signal, **parts.notices))
            for signal in SignalNotice
            for page, make in (
                ("confirm", partial(ConfirmView, intent=Intent.IN, **after)),
                ("confirmed", partial(confirmed, intent=Intent.OUT)),
            )
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
                **{**consent, "consent_names": (parts.names["research"],)},
            ),
        ),
        "subscribe-consent-without-form": ("subscribe", subscribe(Intent.IN, subscribe_url="", **consent)),
        "subscribe-without-form": ("subscribe", subscribe(Intent.OUT, subscribe_url="", campaign="may")),
        "subscribe-campaign": ("subscribe", subscribe(Intent.IN, topics=options, campaign="may")),
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
        "subscribe-out-some": ("subscribe", subscribe(Intent.OUT, topics=options[:2])),
        "confirm": (
            "confirm",
            ConfirmView(**parts.page, intent=Intent.IN, topics=(parts.names["news"],)),
        ),
        "confirm-resume": (
            "confirm",
            ConfirmView(**parts.page, intent=Intent.IN, resume=True),
        ),
        "confirm-out": ("confirm", ConfirmView(**parts.page, intent=Intent.OUT)),
        "confirm-out-some": (
            "confirm",
            ConfirmView(**parts.page, intent=Intent.OUT, topics=(parts.names["news"],)),
        ),
        "confirmed": (
            "confirmed",
            ConfirmedView(
                **parts.page,
                intent=Intent.IN,
                topics=(parts.names["news"],),
                outcome=ConfirmationOutcome.DONE,
                preferences_url=parts.centre,
            ),
        ),
        "confirm-signal": (
            "confirm",
            ConfirmView(**parts.page, intent=Intent.IN, signals=(parts.names["targeted-advertising"],)),
        ),
        "confirmed-signal": (
            "confirmed",
            ConfirmedView(
                **parts.page,
                intent=Intent.IN,
                signals=(parts.names["targeted-advertising"],),
                outcome=ConfirmationOutcome.DONE,
                preferences_url=parts.centre,
            ),
        ),
        "confirmed-out": ("confirmed", replace(confirmed(intent=Intent.OUT), topics=())),
        "confirmed-undeliverable": ("confirmed", confirmed(intent=Intent.IN, undeliverable=True)),
        **{
            f"confirmed-{outcome}": (
                "confirmed",
                ConfirmedView(
                    **parts.page,
                    intent=Intent.IN,
                    outcome=outcome,
                    preferences_url=parts.centre,
                ),
            )
            for outcome in (ConfirmationOutcome.SUPERSEDED, ConfirmationOutcome.NO_EFFECT)
        },
        "confirmed-expired": (
            "confirmed",
            ConfirmedView(
                **parts.page,
                intent=Intent.IN,
                outcome=ConfirmationOutcome.EXPIRED,
                subscribe_url="/subscribe",
            ),
        ),
    }
