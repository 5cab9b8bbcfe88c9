"""What follows from one piece of SES feedback, and for whom.

`bouncedRecipients` and `complainedRecipients` say who, never the list of whom the mail was addressed
to alone: most of those got it. That list says whom a report may be about, since anybody can write a
report (docs/decisions/0002-bounce-recipients.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from heed.domain.errors import InvalidAddress, InvalidRecipient, UnknownScope
from heed.domain.feedback.event import (
    Bounce,
    BouncedRecipient,
    Complaint,
    ContactListOptOut,
    FeedbackEvent,
    FeedbackMail,
)
from heed.domain.feedback.rules import (
    FeedbackEffect,
    FeedbackRule,
    is_echo,
    is_ignored_type,
    normalise_word,
    rule_for_bounce,
    rule_for_complaint,
)
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.domain.preferences.register import (
    ALL_SCOPES,
    Change,
    Entry,
    ScopeNumber,
    Source,
    opted_out,
)
from heed.domain.recipients.recipient import parse_recipient

Identify = Callable[[str], str]
"""From an address as SES writes it to a recipient id; raises InvalidAddress."""


class FeedbackOutcome(NamedTuple):
    """What follows from an event.

    Attributes:
        changes: by recipient id.
        counts: what is to be counted.
        aside: why a person has to look at the message, or nothing: nothing is dropped in silence.
        echoes: by recipient id, what changes for those alone of whom nothing is on record.
    """

    changes: dict[str, list[Change]]
    counts: list[FeedbackEffect]
    aside: str = ""
    echoes: dict[str, list[Change]] = {}  # noqa: RUF012 - never written to


UNKNOWN_RECIPIENT = "means a recipient who cannot be made out"
UNKNOWN_TOPIC = "names a topic that the catalogue does not have"
UNKNOWN_TYPE = "is of an unknown type"


def apply_feedback_rules(event: FeedbackEvent, identify: Identify, catalogue: Catalogue) -> FeedbackOutcome:
    """The changes that an event makes; the same event always makes the same."""
    if isinstance(event, Bounce):
        rule = rule_for_bounce(event.type, event.subtype)
        return _UNKNOWN if rule is None else _bounce(event, rule, identify)
    if isinstance(event, Complaint):
        return _complaint(event, rule_for_complaint(event.type), identify)
    if isinstance(event, ContactListOptOut):
        return _subscription(event, identify, catalogue)
    return FeedbackOutcome({}, [FeedbackEffect.EVENT_IGNORED]) if is_ignored_type(event.type) else _UNKNOWN


_UNKNOWN = FeedbackOutcome({}, [FeedbackEffect.UNKNOWN_TYPE_MET], UNKNOWN_TYPE)


def _bounce(event: Bounce, rule: FeedbackRule, identify: Identify) -> FeedbackOutcome:
    """Whoever is listed, was mailed, and is meant by the rule: to whom delivery was given up.

    SES copies the list out of the report, and anybody who ever got a mail from here can write one. So
    of whoever was not mailed nothing is believed but that some mail did not arrive: it counts for the
    one whom the mail was for, if that is known. So does an entry that cannot be read.
    """
    counts: list[FeedbackEffect] = [] if rule.also is None else [rule.also]
    register, everybody = rule.register, event.recipients or [BouncedRecipient(None)]
    listed = [one for one in everybody if rule.means(one.action, one.status)]
    if register is None or not listed:
        return FeedbackOutcome({}, [*counts, FeedbackEffect.BOUNCE_IGNORED])
    mailed = _Mailed(event.mail, identify)
    changes: dict[str, list[Change]] = {}
    unread = strangers = 0
    for bounced in listed:
        recipient = _identified(bounced.address, identify)
        if recipient is None:
            unread += 1
        elif not mailed.has(recipient, bounced.address):
            strangers += 1
        elif recipient not in changes:
            changes[recipient] = [Change(register, _bounce_entry(event, bounced.status))]
    known = not unread and not strangers
    if not known and (meant := mailed.one()) is not None:
        known = True
        changes.setdefault(meant, [Change(register, _bounce_entry(event, None))])
    counts.extend([rule.counted] * len(changes))
    counts.extend([FeedbackEffect.RECIPIENT_NOT_READ] * unread)
    counts.extend([FeedbackEffect.RECIPIENT_NOT_MAILED] * strangers)
    lost = not known and (unread > 0 or mailed.is_unclear())
    return FeedbackOutcome(changes, counts, UNKNOWN_RECIPIENT if lost else "")


def _bounce_entry(event: Bounce, status: str | None) -> Entry:
    proof = _evidence(
        feedback=event.feedback,
        message=event.mail.id,
        status=status,
        subtype=event.subtype,
        type=event.type,
    )
    return Entry(event.at, Source.BOUNCE, proof)


def _complaint(event: Complaint, rule: FeedbackRule, identify: Identify) -> FeedbackOutcome:
    """Whoever is listed: SES names all that might have complained.

    Where the tag names one of several, that one alone. A tag that names none of them is no reason to
    stop one who is not said to have complained, nor to let go those who are. An entry that cannot be
    read, or a list of nobody, means the one whom the mail was for, if that is known.

    The echo of a provider's list says that an older complaint stands there. It is none of its own where
    somebody is on record; of somebody unknown it is the only word of that complaint, which was made
    before there was a record.
    """
    echo = is_echo(event.subtype)
    counts: list[FeedbackEffect] = [] if rule.also is None or echo else [rule.also]
    if rule.register is None:
        return FeedbackOutcome({}, [*counts, FeedbackEffect.COMPLAINT_IGNORED])
    mailed = _Mailed(event.mail, identify)
    ids = [_identified(address, identify) for address in event.addresses] or [None]
    if mailed.tag is not None and mailed.tag in ids:
        ids = [mailed.tag]
    unread = ids.count(None)
    meant = mailed.one() if unread else None
    proof = _evidence(
        feedback=event.feedback,
        listed=str(len(ids)) if len(ids) > 1 else None,  # one of so many complained, not all
        message=event.mail.id,
        subtype=event.subtype,
        type=event.type,
    )
    change = Change(rule.register, Entry(event.at, Source.COMPLAINT, proof))
    changes = {recipient: [change] for recipient in (*ids, meant) if recipient is not None}
    counts.extend([FeedbackEffect.RECIPIENT_NOT_READ] * unread)
    aside = UNKNOWN_RECIPIENT if unread > 0 and meant is None else ""
    if echo:
        return FeedbackOutcome({}, counts, aside, echoes=changes)
    return FeedbackOutcome(changes, [*counts, *[rule.counted] * len(changes)], aside)


class _Mailed:
    """Whom a mail was for; addresses are identified only where the answer depends on them."""

    def __init__(self, mail: FeedbackMail, identify: Identify) -> None:
        self.tag = _tagged(mail.tag)
        self._destination = mail.destination or [None]
        self._identify = identify

    def has(self, recipient: str, address: str | None) -> bool:
        """Whether the mail was for this one, who is listed under that address."""
        return (
            address in self._destination  # spelt alike, as it nearly always is
            or recipient == self.tag
            or recipient in self._ids
        )

    def one(self) -> str | None:
        """The one whom it was for: by the tag, or because it was addressed to nobody else."""
        if self.tag is not None:
            return self.tag
        return self._ids[0] if len(set(self._ids)) == 1 else None

    def is_unclear(self) -> bool:
        """Whether some of those whom it was addressed to cannot be read."""
        return None in self._ids

    @cached_property
    def _ids(self) -> list[str | None]:
        return [_identified(address, self._identify) for address in self._destination]


def _subscription(event: ContactListOptOut, identify: Identify, catalogue: Catalogue) -> FeedbackOutcome:
    """All off, and each topic that stands as off and that the catalogue knows, in any case.

    The source is what the person pressed, as far as SES says so: the mail client's own button for
    `UnsubscribeHeader`, otherwise a link, to a page made by SES. An e-mail opt-out never becomes one
    of advertising, so that a signal of the same name does not count as known.
    """
    found = [_topic(name, catalogue) for name in event.topics]
    unknown = found.count(None)
    counts = [FeedbackEffect.TOPIC_NOT_KNOWN] * unknown
    scopes = dict.fromkeys([ALL_SCOPES] if event.everything else [])
    scopes.update(dict.fromkeys(number for number in found if number is not None))
    if not scopes:
        return FeedbackOutcome({}, counts or [FeedbackEffect.EVENT_IGNORED], UNKNOWN_TOPIC if unknown else "")
    recipient = _identified(event.address, identify)
    if recipient is None:
        return FeedbackOutcome({}, [*counts, FeedbackEffect.RECIPIENT_NOT_READ], UNKNOWN_RECIPIENT)
    pressed = event.by is not None and normalise_word(event.by) == "unsubscribeheader"
    source = Source.ONE_CLICK if pressed else Source.LINK
    entry = Entry(event.at, source, _evidence(by=event.by, message=event.message, list="ses"))
    changes = {recipient: [Change(opted_out(scope), entry) for scope in scopes]}
    return FeedbackOutcome(
        changes, [*counts, FeedbackEffect.OPT_OUT_RECORDED], UNKNOWN_TOPIC if unknown else ""
    )


def _topic(name: str | None, catalogue: Catalogue) -> ScopeNumber | None:
    """The number of a topic of mail; names of the catalogue are lower-case."""
    if name is None:
        return None
    try:
        topic = catalogue.topic(name.strip().lower())
    except UnknownScope:
        return None
    return None if topic.kind is TopicKind.SIGNAL else topic.number


def _identified(address: str | None, identify: Identify) -> str | None:
    if address is None:
        return None
    try:
        return identify(address)
    except InvalidAddress:
        return None


def _tagged(tag: str | None) -> str | None:
    """The recipient that a tag names; None if it is not one of ours."""
    if tag is None:
        return None
    try:
        return parse_recipient(tag)
    except InvalidRecipient:
        return None


_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9. _-]{0,99}").fullmatch


def _evidence(**parts: str | None) -> str:
    """Canonical JSON of the parts that are ids or words of SES's own; keys given in order.

    Stricter than heed.domain.preferences.evidence, which would take SES's long ids for tokens of ours: a
    value of any other form is left out, and with it whatever could hold an address.
    """
    known = [f'"{name}":"{part}"' for name, part in parts.items() if part and _PLAIN(part)]
    return "{" + ",".join(known) + "}"
