"""What each page shows: plain values, already decided, nothing of the store.

A function fills one of these and hands it to `heed.entrypoints.http.pages.pages`. Times are int milliseconds
since the epoch, UTC. Names of topics and brands are in the language of the page. The compiler of the
brand checks every placeholder of `layers/brand` against these classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import Source


class SignalNotice(StrEnum):
    """What `Sec-GPC: 1` or `DNT: 1` of this request means for the page."""

    NONE = "none"
    SEEN = "seen"  # sent, and targeted advertising is still on: offer to apply it
    APPLIED = "applied"  # sent, and targeted advertising is off, by this visit or before
    KEPT = "kept"  # sent, but a yes that was confirmed while it was sent stands: offer to end that


class TopicState(StrEnum):
    """Whether mail of a topic is sent: what the two buttons of its line show."""

    IN = "in"
    OUT = "out"


class StateNote(StrEnum):
    """What the page says beside a topic, where its state alone does not tell."""

    STOPPED = "stopped"  # asked to stop, at `since`, which must be given
    REPORTED = "reported"  # reported as spam, at `since`, which must be given
    NOT_ASKED = "not-asked"  # sent only to those who asked for it
    PAUSED = "paused"  # this topic alone, until `until`, which must be given


class LastChangeKind(StrEnum):
    """What the last change did."""

    IN = "in"
    OUT = "out"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNotice:
    """A change of the privacy policy under which this person has chosen nothing yet."""

    version: str
    effective: str  # a date, as the brand file has it: 2026-07-01
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenField:
    """One hidden field of a form."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """What every page knows: its language, whose mail it is, the campaign of the link."""

    language: str
    brand: str
    campaign: str = ""  # `?c=` of the link, kept when the reader changes the language
    subscribe_url: str = ""  # the form for those without a link; empty: not offered


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPageView(PageView):
    """A page reached by a valid link."""

    preferences_url: str  # path and query of the preference centre, same language
    signal: SignalNotice = SignalNotice.NONE
    policy: PolicyNotice | None = None  # material: told prominently, until it is acknowledged
    update: PolicyNotice | None = None  # any other: a quiet line


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingView(LinkPageView):
    """`GET /u/{token}`: what will stop, and the buttons that stop it."""

    topic: str = ""  # its name; empty: all marketing mail of the brand
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneView(LinkPageView):
    """The answer to a press on the landing page."""

    topic: str = ""  # what stopped; empty: all marketing mail of the brand
    service: tuple[str, ...] = ()  # names of the service topics, which still come
    undo: str = ""  # the token that takes the press back; empty: no undo


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    """One topic of the preference centre."""

    topic: str  # its stable name: `offers` gives the field `topic.offers`
    name: str
    description: str
    state: TopicState
    why: StateNote | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisingLine:
    """The line of targeted advertising."""

    name: str
    description: str
    state: TopicState
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChange:
    """What was changed last, when, and by which way it came."""

    topic: str  # its name; empty: all marketing mail
    change: LastChangeKind
    at: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesView(LinkPageView):
    """`GET /p/{token}`: every topic with its true state."""

    topics: tuple[TopicLine, ...]
    advertising: AdvertisingLine | None = None
    everything_off: bool = False  # nothing is left that "stop everything" could stop
    paused_until: int | None = None
    undeliverable: bool = False  # mail to the address came back: nothing is sent
    last: LastChange | None = None
    saved: bool = False
    undo: str = ""  # the token that takes back what was stopped just now; empty: no undo
    undone: str = ""  # names of the topics that it takes back; empty: everything that was stopped
    unread: bool = False  # a form could not be read just now: nothing was saved


@dataclass(frozen=True, slots=True, kw_only=True)
class UnavailableView(PageView):
    """503: the store did not answer, or there is no room for another mail."""

    kept: bool = False  # the wish itself waits in a queue and will be carried out
    full: bool = False  # so many ask that a mail would come too late
    retry: tuple[HiddenField, ...] = ()  # the form again, to this same address; empty: a plain reload


class FormMistake(StrEnum):
    """Where the subscribe form could not be read."""

    ADDRESS = "address"
    UNMAILABLE = "unmailable"  # an address, but no mail of ours can reach it
    TOPICS = "topics"


class ConfirmationOutcome(StrEnum):
    """What a confirmation came to."""

    DONE = "done"
    SUPERSEDED = "superseded"  # something newer stops it
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicOption:
    """A topic that may be asked for; none is chosen beforehand."""

    topic: str  # as the form sends it
    name: str
    description: str
    chosen: bool = False  # only what this person chose just now


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeView(PageView):
    """The form for those without a link; it posts to `subscribe_url`.

    Where that is empty the ways to reach the brand stand in the form's place.
    """

    intent: Intent
    other_url: str = ""  # the same form for the other intent; empty: not offered
    address: str = ""  # what was entered, when it comes back with a mistake
    topics: tuple[TopicOption, ...] = ()  # none for the way out: it stops everything
    resume: str = ""  # scopes whose pause is to end, as the form sends them; empty: none
    error: FormMistake | None = None
    consent: bool = False  # sent here by the preference centre: a link cannot give consent
    signal: bool = False  # the browser's privacy signal was kept with what was saved there


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmView(LinkPageView):
    """`GET /c/{token}`: what one press will confirm."""

    preferences_url: str = ""  # none where the link has ended
    intent: Intent
    topics: tuple[str, ...] = ()  # their names; none for a way out of everything
    resume: bool = False  # a pause is to end


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedView(ConfirmView):
    """What came of it."""

    outcome: ConfirmationOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationMailView:
    """The confirmation mail."""

    language: str
    brand: str
    intent: Intent
    topics: tuple[str, ...]  # their names; none for a way out of everything
    resume: bool = False  # a pause is to end
    confirm_url: str
    unsubscribe_url: str  # stops everything, and never ends


MAIL_PARTS = ("mail-subject.txt", "mail.txt", "mail.html")
"""The parts of the confirmation mail, each a file of layers/brand/pages."""

VIEWS: dict[str, type[PageView]] = {
    "landing": LandingView,
    "done": DoneView,
    "preferences": PreferencesView,
    "neutral": PageView,
    "not_found": PageView,
    "unavailable": UnavailableView,
    "subscribe": SubscribeView,
    "accepted": PageView,
    "confirm": ConfirmView,
    "confirmed": ConfirmedView,
}
"""The view of each page; a page is a file of layers/brand/pages."""
