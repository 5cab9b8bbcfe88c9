"""Samples of the subscribe form and of the pages behind a confirmation mail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from brand_compiler.sample_parts import MARKETING, Sample, SampleParts, Samples
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
    news, advertising = (parts.names["news"],), (parts.names["targeted-advertising"],)

    def subscribe(intent: Intent, **more: Any) -> Sample:
        more = {"subscribe_url": "/subscribe", **more}
        return "subscribe", SubscribeView(**parts.page, intent=intent, **more)

    def confirm(intent: Intent, **more: Any) -> Sample:
        return "confirm", ConfirmView(**parts.page, intent=intent, **more)

    def confirmed(
        intent: Intent, outcome: ConfirmationOutcome = ConfirmationOutcome.DONE, **more: Any
    ) -> Sample:
        more = {"preferences_url": parts.centre, **more}
        return "confirmed", ConfirmedView(**parts.page, intent=intent, outcome=outcome, **more)

    options = tuple(
        TopicOption(topic=name, name=parts.names[name], description=parts.descriptions[name])
        for name in MARKETING
    )
    without_topic = {"is_topic_missing": True, "topics": options, "first_topic": "offers"}
    consent: dict[str, Any] = {
        "consent": True,
        "preferences": "AQEAAAAA",
        "preferences_url": parts.centre,
        "page_url": "?confirm=5&",
    }
    samples = {
        "subscribe": subscribe(Intent.IN, other_url="/subscribe?intent=out", topics=options),
        "subscribe-no-topic": subscribe(Intent.IN, **without_topic),
        "subscribe-mistake": subscribe(
            Intent.IN,
            other_url="/subscribe?intent=out",
            topics=options,
            address="somebody at example",
            address_mistake=AddressMistake.INVALID,
            first_topic="offers",
            **consent,
        ),
        "subscribe-consent": subscribe(
            Intent.IN,
            topics=(replace(options[3], chosen=True),),
            signal=True,
            is_rest_saved=True,
            consent_names=(parts.names["research"],),
            **consent,
        ),
        "subscribe-consent-without-form": subscribe(Intent.IN, subscribe_url="", **consent),
        "subscribe-without-form": subscribe(Intent.OUT, subscribe_url="", campaign="may"),
        "subscribe-campaign": subscribe(Intent.IN, topics=options, campaign="may", ref="customer-4711"),
        "subscribe-resume": subscribe(Intent.IN, resume="meridian", **consent),
        "subscribe-out": subscribe(Intent.OUT, other_url="/subscribe"),
        "subscribe-out-some": subscribe(Intent.OUT, topics=options[:2]),
        "confirm": confirm(Intent.IN, topics=news),
        "confirm-resume": confirm(Intent.IN, resume=True),
        "confirm-signal": confirm(Intent.IN, signals=advertising),
        "confirm-out": confirm(Intent.OUT),
        "confirm-out-some": confirm(Intent.OUT, topics=news),
        "confirmed": confirmed(Intent.IN, topics=news),
        "confirmed-signal": confirmed(Intent.IN, signals=advertising),
        "confirmed-out": confirmed(Intent.OUT),
        "confirmed-undeliverable": confirmed(Intent.IN, topics=news, undeliverable=True),
        "confirmed-superseded": confirmed(Intent.IN, ConfirmationOutcome.SUPERSEDED),
        "confirmed-no-effect": confirmed(Intent.IN, ConfirmationOutcome.NO_EFFECT),
        "confirmed-expired": confirmed(
            Intent.IN, ConfirmationOutcome.EXPIRED, preferences_url="", subscribe_url="/subscribe"
        ),
    }
    for mistake in AddressMistake:
        samples[f"subscribe-{mistake}"] = subscribe(Intent.IN, address_mistake=mistake, **without_topic)
    for signal in SignalNotice:
        notices = {"signal": signal, "topics": news, "preferences_url": parts.centre, **parts.notices}
        samples[f"confirm-{signal}"] = confirm(Intent.IN, **notices)
        samples[f"confirmed-{signal}"] = confirmed(Intent.OUT, **notices)
    return samples
