"""What follows from one piece of SES feedback, and for whom.

Only `bouncedRecipients` and `complainedRecipients` are acted on, never the list of whom the mail was
addressed to: most of those got it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from heed.domain.catalogue import Catalogue, Kind
from heed.domain.errors import InvalidAddress, InvalidRecipient, UnknownScope
from heed.domain.feedback import NOT_ACTED_ON, Count, Rule, of_bounce, of_complaint
from heed.domain.recipient import parse
from heed.domain.register import ALL, UNDELIVERABLE, Change, Entry, Source, out

Identify = Callable[[str], str]
"""From an address as SES writes it to a recipient id; raises InvalidAddress."""


class Bounced(NamedTuple):
    """One of `bouncedRecipients`; no address where the entry is not of the documented form."""

    address: str | None
    action: str | None = None
    status: str | None = None


class Bounce(NamedTuple):
    """A bounce, `at` in milliseconds.

    `tag` is the message tag that names whom the mail was for; `alone`: it went to one address.
    """

    at: int
    type: str
    subtype: str | None
    recipients: list[Bounced]
    tag: str | None
    alone: bool
    feedback: str | None
    message: str | None


class Complaint(NamedTuple):
    """A complaint; an address is None where the entry is not of the documented form."""

    at: int
    type: str | None
    subtype: str | None
    addresses: list[str | None]
    tag: str | None
    feedback: str | None
    message: str | None


class Subscription(NamedTuple):
    """A choice made in an SES contact list: all of it off, or the topics named."""

    at: int
    address: str | None
    by: str | None
    everything: bool
    topics: list[str]
    message: str | None


class Other(NamedTuple):
    """An event of any other type."""

    type: str


Event = Bounce | Complaint | Subscription | Other


class Verdict(NamedTuple):
    """What follows from an event.

    Attributes:
        changes: by recipient id.
        counts: what is to be counted.
        lost: whether it meant somebody whom neither an address nor a tag makes known. Then a person
            has to look at the message: nothing is dropped in silence.
    """

    changes: dict[str, list[Change]]
    counts: list[Count]
    lost: bool = False


def judge(event: Event, identify: Identify, catalogue: Catalogue) -> Verdict:
    """The changes that an event makes; the same event always makes the same."""
    if isinstance(event, Bounce):
        return _bounce(event, of_bounce(event.type, event.subtype), identify)
    if isinstance(event, Complaint):
        return _complaint(event, of_complaint(event.type, event.subtype), identify)
    if isinstance(event, Subscription):
        return _subscription(event, identify, catalogue)
    known = event.type in NOT_ACTED_ON
    return Verdict({}, [Count.EVENT_IGNORED if known else Count.UNKNOWN_EVENT_DROPPED])


def _bounce(event: Bounce, rule: Rule, identify: Identify) -> Verdict:
    """Whoever is listed, of a permanent bounce only those who failed for good.

    A tag that names another says that mail to that one is forwarded to where it bounces: a permanent
    bounce counts for the tagged one too. A soft one does not: what is full is a mailbox that nobody
    writes to from here. In a mail to several, nobody can say whose was forwarded; the tag is silent.
    """
    counts: list[Count] = [] if rule.also is None else [rule.also]
    register, meant = rule.register, event.recipients
    if register == UNDELIVERABLE:
        meant = [bounced for bounced in meant if _failed(bounced)]
    if register is None or not meant:
        return Verdict({}, [*counts, Count.BOUNCE_IGNORED])
    tag = _tagged(event.tag) if register == UNDELIVERABLE and event.alone else None
    changes: dict[str, list[Change]] = {}
    unread = 0
    for bounced in meant:
        recipient = _identified(bounced.address, identify)
        if recipient is None:
            unread += 1
        elif recipient not in changes:
            changes[recipient] = [Change(register, _bounce_entry(event, bounced.status))]
    if tag is not None and tag not in changes:
        changes[tag] = [Change(register, _bounce_entry(event, None))]
    counts.extend([rule.counted] * len(changes))
    counts.extend([Count.RECIPIENT_NOT_READ] * unread)
    return Verdict(changes, counts, lost=unread > 0 and tag is None)


def _failed(bounced: Bounced) -> bool:
    """Whether delivery to this one was given up for good; SES lists who is merely late too."""
    action, status = bounced.action, bounced.status
    return (action is None or action.strip().lower() == "failed") and not (
        status is not None and status.lstrip().startswith("4")
    )


def _bounce_entry(event: Bounce, status: str | None) -> Entry:
    proof = _evidence(
        feedback=event.feedback,
        message=event.message,
        status=status,
        subtype=event.subtype,
        type=event.type,
    )
    return Entry(event.at, Source.BOUNCE, proof)


def _complaint(event: Complaint, rule: Rule, identify: Identify) -> Verdict:
    """Whoever is listed: SES names all that might have complained.

    Where the tag names one of several, that one alone. A tag that names none of them is no reason to
    stop one who is not said to have complained, nor to let go those who are.
    """
    counts: list[Count] = [] if rule.also is None else [rule.also]
    if rule.register is None or not event.addresses:
        return Verdict({}, [*counts, Count.COMPLAINT_IGNORED])
    ids = [_identified(address, identify) for address in event.addresses]
    tag = _tagged(event.tag)
    if tag is not None and tag in ids:
        ids = [tag]
    proof = _evidence(
        feedback=event.feedback,
        listed=str(len(ids)) if len(ids) > 1 else None,  # one of so many complained, not all
        message=event.message,
        subtype=event.subtype,
        type=event.type,
    )
    change = Change(rule.register, Entry(event.at, Source.COMPLAINT, proof))
    changes = {recipient: [change] for recipient in ids if recipient is not None}
    counts.extend([rule.counted] * len(changes))
    counts.extend([Count.RECIPIENT_NOT_READ] * ids.count(None))
    return Verdict(changes, counts, lost=None in ids)


def _subscription(event: Subscription, identify: Identify, catalogue: Catalogue) -> Verdict:
    """All off, and each topic that stands as off and that the catalogue knows.

    The source is what the person pressed, as far as SES says so: the mail client's own button for
    `UnsubscribeHeader`, otherwise a link, to a page made by SES. An e-mail opt-out never becomes one
    of advertising, so that a signal of the same name does not count as known.
    """
    counts: list[Count] = []
    scopes = [ALL] if event.everything else []
    for name in event.topics:
        try:
            topic = catalogue.topic(name)
        except UnknownScope:
            counts.append(Count.TOPIC_NOT_KNOWN)
            continue
        if topic.kind is Kind.SIGNAL:
            counts.append(Count.TOPIC_NOT_KNOWN)
        elif topic.number not in scopes:
            scopes.append(topic.number)
    if not scopes:
        return Verdict({}, counts or [Count.EVENT_IGNORED])
    recipient = _identified(event.address, identify)
    if recipient is None:
        return Verdict({}, [*counts, Count.RECIPIENT_NOT_READ], lost=True)
    source = Source.ONE_CLICK if event.by == "UnsubscribeHeader" else Source.LINK
    entry = Entry(event.at, source, _evidence(by=event.by, message=event.message, list="ses"))
    changes = {recipient: [Change(out(scope), entry) for scope in scopes]}
    return Verdict(changes, [*counts, Count.OPT_OUT_RECORDED])


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
        return parse(tag)
    except InvalidRecipient:
        return None


_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9. _-]{0,99}").fullmatch


def _evidence(**parts: str | None) -> str:
    """Canonical JSON of the parts that are ids or words of SES's own; keys given in order.

    Stricter than heed.domain.evidence, which would take SES's long ids for tokens of ours: a value of
    any other form is left out, and with it whatever could hold an address.
    """
    known = [f'"{name}":"{part}"' for name, part in parts.items() if part and _PLAIN(part)]
    return "{" + ",".join(known) + "}"
