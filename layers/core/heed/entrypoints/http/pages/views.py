"""The views: for each page a class with the values that the page shows.

Names are in the language of the page. The brand compiler checks `layers/brand/pages` against these classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import Source

if TYPE_CHECKING:
    from heed.entrypoints.http.desk.views import DeskView
    from heed.entrypoints.http.pages.mail_views import MailView


class SignalNotice(StrEnum):
    """What the page shows about the privacy signal (`Sec-GPC: 1` or `DNT: 1`) of the request."""

    NONE = "none"
    SEEN = "seen"  # targeted advertising is still on; the page offers to stop it
    APPLIED = "applied"  # targeted advertising is off, by this visit or an earlier one
    KEPT = "kept"  # an opt-in, confirmed while the signal was on, is active; the page offers to end it


class TopicState(StrEnum):
    """The state of a topic, as its checkbox shows it."""

    IN = "in"
    OUT = "out"


class StateNote(StrEnum):
    """An explanation next to a topic, if its state alone is not enough."""

    STOPPED = "stopped"  # the person opted out; `since` is required
    REPORTED = "reported"  # the person complained (spam); `since` is required
    NO_OPT_IN = "not-asked"  # the topic needs an opt-in, and there is none
    PAUSED = "paused"  # only this topic is paused; `until` is required


class SavedNotice(StrEnum):
    """What the page says about the form that the person has just sent."""

    SAVED = "saved"
    ALL_OFF = "all-off"  # the person stopped all marketing
    UNCHANGED = "unchanged"  # nothing was written
    UNDONE = "undone"  # a press was taken back; `restored` is required
    STILL_OFF = "still-off"  # a press was taken back, but something else stops the same topics


class LastChangeKind(StrEnum):
    """The effect of the last change."""

    IN = "in"
    OUT = "out"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNotice:
    """A version of the privacy policy that took effect after the person's last choice."""

    version: str
    effective: str  # a date of the brand file, such as 2026-07-01
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """The values of each page: its language, the brand and the hints of the link."""

    language: str
    brand: str
    campaign: str = ""  # `?c=` of the link; it is kept when the person changes the language
    ref: str = ""  # `?r=` of the link, likewise
    page_url: str = "?"  # the URL of the page, to which the link to another language adds parameters
    subscribe_url: str = ""  # the form for people without a link; "": the deployment has none


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPageView(PageView):
    """A page behind a valid link."""

    preferences_url: str  # path and query of the preference centre, in the same language
    undeliverable: bool = False  # mail to the address bounced, so nothing is sent
    signal: SignalNotice = SignalNotice.NONE
    policy: PolicyNotice | None = None  # a material change: prominent until the person acknowledges it
    update: PolicyNotice | None = None  # any other change: a small line


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingView(LinkPageView):
    """`GET /u/{token}`: the page that asks before an opt-out."""

    topic: str = ""  # name of the topic; "": all marketing mail of the brand
    description: str = ""
    paused_until: Millis | None = None  # nothing is sent until then; `since` is required
    since: Millis | None = None  # the start of the pause


class UnsubscribedState(StrEnum):
    """What a person who opens an unsubscribe link is out of already."""

    TOPIC = "topic"  # `topic` is required
    BRAND = "brand"
    ALL = "all"
    NO_TOPIC = "no-topic"  # the topic needs an opt-in, and there is none; `topic` is required
    NONE = "none"  # all topics need an opt-in, and there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribedView(LinkPageView):
    """`GET /u/{token}` of a person who is out already."""

    state: UnsubscribedState
    topic: str = ""
    since: Millis | None = None  # None: the person never opted in
    reported: bool = False  # the person complained (spam)
    can_stop_topic: bool = False  # the topic needs an opt-in, and no opt-out is on record
    can_stop_all: bool = False  # marketing is left that the button would stop


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneView(LinkPageView):
    """The page after a press on the landing page."""

    topic: str = ""  # name of the stopped topic; "": all marketing mail of the brand
    service: tuple[str, ...] = ()  # names of the service topics, which are still sent
    undo: str = ""  # the token that takes the press back; "": no undo


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    """The line of a topic in the preference centre."""

    topic: str  # the stable name; `offers` makes the field `topic.offers`
    name: str
    description: str
    state: TopicState
    why: StateNote | None = None
    since: Millis | None = None
    until: Millis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisingLine:
    """The line of targeted advertising in the preference centre."""

    name: str
    description: str
    state: TopicState
    since: Millis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChange:
    """The last choice of the person."""

    topic: str  # name of the topic; "": all marketing mail
    change: LastChangeKind
    at: Millis
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesView(LinkPageView):
    """`GET /p/{token}`: the preference centre."""

    topics: tuple[TopicLine, ...]
    checkboxes: str  # how many the form has: one for each of `topics`, and one if there is `advertising`
    advertising: AdvertisingLine | None = None
    all_marketing_off: bool = False  # no marketing is left that the button could stop
    paused_until: Millis | None = None
    last: LastChange | None = None
    saved: SavedNotice | None = None
    restored: tuple[str, ...] = ()  # names of the topics that an undo has turned on again
    undo: str = ""  # the token that takes back the last save; "": no undo
    undo_topics: tuple[str, ...] = ()  # names of the topics that the undo restores; empty: all of the save
    undo_pause: bool = False  # the undo also ends a pause
    form_incomplete: bool = False  # the form could not be read, so nothing was saved


@dataclass(frozen=True, slots=True, kw_only=True)
class UnavailableView(PageView):
    """Status 503: the store did not respond, or the waiting queue is full."""

    is_queued: bool = False  # the opt-out waits in a queue and will be recorded
    is_page: bool = False  # a page cannot be shown; the request had no form
    full: bool = False  # the waiting queue is full; a mail would arrive too late
    retry: str = ""  # hidden fields, as HTML: the same form again; "": the page offers a reload


class AddressMistake(StrEnum):
    """A mistake in the address of the subscribe form."""

    INVALID = "invalid"
    UNMAILABLE = "unmailable"  # a valid address that Heed cannot send mail to


class ConfirmationOutcome(StrEnum):
    """The result of a confirmation."""

    DONE = "done"
    SUPERSEDED = "superseded"  # the person opted out later
    NO_EFFECT = "no-effect"  # something else on record counts instead
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicOption:
    """A topic in the subscribe form. No topic is preselected."""

    topic: str  # the value that the form sends
    name: str
    description: str
    chosen: bool = False  # only if this person has just chosen it


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeView(PageView):
    """The form for people without a link. Without `subscribe_url` the page shows how to contact the brand."""

    intent: Intent
    other_url: str = ""  # the same form for the other intent; "": no link to it
    address: str = ""  # the address, or the text that is none, if the form is shown again
    topics: tuple[TopicOption, ...] = ()  # of an opt-out only the chosen ones; empty: all marketing
    resume: str = ""  # scopes whose pause ends, as the form sends them; "": none
    first_topic: str = ""  # the first of the topics, to which the summary of the mistakes links
    address_mistake: AddressMistake | None = None
    is_topic_missing: bool = False  # the person selected no topic, which is a mistake
    consent: bool = False  # the person comes from the preference centre, whose link cannot give consent
    consent_names: tuple[str, ...] = ()  # the topics to confirm, for the title; empty: too many, or a pause
    is_rest_saved: bool = False  # the preference centre also saved other changes
    signal: bool = False  # the preference centre also recorded the browser's privacy signal
    preferences: str = ""  # the token of the preference centre from which the person comes; "": none
    preferences_url: str = ""  # its path and query


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedView(PageView):
    """The answer to the subscribe form. The build renders it; `Pages.accepted` puts in what was entered."""

    address: str  # the address alone, in the case that the person entered
    fields: str  # hidden fields, as HTML: the same form again
    preferences_url: str = ""  # the preference centre from which the person comes; "": no link to it


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmView(LinkPageView):
    """`GET /c/{token}`: the page with the confirm button."""

    preferences_url: str = ""  # "" if the link has expired
    intent: Intent
    topics: tuple[str, ...] = ()  # names of the topics; an opt-out without any stops all marketing
    signals: tuple[str, ...] = ()  # names of what the opt-in turns on and is not mail
    resume: bool = False  # the confirmation ends a pause


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedView(ConfirmView):
    """The page after the confirm button was pressed."""

    outcome: ConfirmationOutcome


VIEWS: dict[str, type[PageView]] = {
    "landing": LandingView,
    "unsubscribed": UnsubscribedView,
    "done": DoneView,
    "preferences": PreferencesView,
    "neutral": PageView,
    "not_found": PageView,
    "unavailable": UnavailableView,
    "subscribe": SubscribeView,
    "accepted": AcceptedView,
    "confirm": ConfirmView,
    "confirmed": ConfirmedView,
}
"""The view of each page. Each page is a file in layers/brand/pages."""


def view_fields(view: PageView | MailView | DeskView) -> dict[str, object]:
    """Returns the values of a view by the names that its page uses."""
    return {name: getattr(view, name) for name in view.__dataclass_fields__}
