"""The changes that follow from one SES event, and the recipients that they apply to.

The recipients are those in `bouncedRecipients` and `complainedRecipients`, never all destinations of the
mail: most of those received it. The destinations say only which recipients a report may be about, because
anybody can send a forged report (docs/decisions/0002-bounce-recipients.md).
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
    opt_out_register,
)
from heed.domain.recipients.recipient import parse_recipient

Identify = Callable[[str], str]
"""Returns the recipient id of an address as SES spells it. Raises InvalidAddress."""


class FeedbackOutcome(NamedTuple):
    """The result of an event.

    Attributes:
        changes: by recipient id.
        effects: the effects to count.
        review_reason: the reason why a person has to look at the message, or "". Heed never drops a message
            silently.
        echo_changes: by recipient id; these changes apply only to recipients without a record.
    """

    changes: dict[str, list[Change]]
    effects: list[FeedbackEffect]
    review_reason: str = ""
    echo_changes: dict[str, list[Change]] = {}  # noqa: RUF012 - never modified


UNKNOWN_RECIPIENT = "applies to a recipient that cannot be identified"
UNKNOWN_TOPIC = "names a topic that is not in the catalogue"
UNKNOWN_TYPE = "is of an unknown type"


def apply_feedback_rules(event: FeedbackEvent, identify: Identify, catalogue: Catalogue) -> FeedbackOutcome:
    """Returns the changes that an event makes. The same event always makes the same changes."""
    if isinstance(event, Bounce):
        rule = rule_for_bounce(event.type, event.subtype)
        return _UNKNOWN if rule is None else _apply_bounce(event, rule, identify)
    if isinstance(event, Complaint):
        return _apply_complaint(event, rule_for_complaint(event.type), identify)
    if isinstance(event, ContactListOptOut):
        return _apply_list_opt_out(event, identify, catalogue)
    return FeedbackOutcome({}, [FeedbackEffect.EVENT_IGNORED]) if is_ignored_type(event.type) else _UNKNOWN


_UNKNOWN = FeedbackOutcome({}, [FeedbackEffect.UNKNOWN_TYPE_FOUND], UNKNOWN_TYPE)


def _apply_bounce(event: Bounce, rule: FeedbackRule, identify: Identify) -> FeedbackOutcome:
    """Applies a bounce to each listed recipient of the mail, if the rule applies to this recipient.

    SES copies the list from the report, and anybody who ever received a mail can forge a report. A report
    about another recipient therefore proves only that some mail did not arrive. If a listed recipient was not
    addressed, or cannot be read, the bounce counts for the recipient of the mail, if that one is known.
    """
    effects: list[FeedbackEffect] = [] if rule.extra_effect is None else [rule.extra_effect]
    register, recipients = rule.register, event.recipients or [BouncedRecipient(None)]
    listed = [bounced for bounced in recipients if rule.applies_to(bounced.action, bounced.status)]
    if register is None or not listed:
        return FeedbackOutcome({}, [*effects, FeedbackEffect.BOUNCE_IGNORED])
    mail_recipients = _MailRecipients(event.mail, identify)
    changes: dict[str, list[Change]] = {}
    unreadable = not_addressed = 0
    for bounced in listed:
        recipient = _identify_or_none(bounced.address, identify)
        if recipient is None:
            unreadable += 1
        elif not mail_recipients.has(recipient, bounced.address):
            not_addressed += 1
        elif recipient not in changes:
            entry = _bounce_entry(event, bounced.status, mail_recipients.ref_of(recipient))
            changes[recipient] = [Change(register, entry)]
    is_attributed = not unreadable and not not_addressed
    if not is_attributed and (mail_recipient := mail_recipients.only_recipient()) is not None:
        is_attributed = True
        entry = _bounce_entry(event, None, mail_recipients.ref_of(mail_recipient))
        changes.setdefault(mail_recipient, [Change(register, entry)])
    effects.extend([rule.effect] * len(changes))
    effects.extend([FeedbackEffect.RECIPIENT_UNREADABLE] * unreadable)
    effects.extend([FeedbackEffect.RECIPIENT_NOT_ADDRESSED] * not_addressed)
    is_lost = not is_attributed and (unreadable > 0 or mail_recipients.has_unreadable_destination())
    return FeedbackOutcome(changes, effects, UNKNOWN_RECIPIENT if is_lost else "")


def _bounce_entry(event: Bounce, status: str | None, ref: str) -> Entry:
    evidence = _evidence(
        feedback=event.feedback_id,
        message=event.mail.id,
        ref=ref,
        status=status,
        subtype=event.subtype,
        type=event.type,
    )
    return Entry(event.at, Source.BOUNCE, evidence)


def _apply_complaint(event: Complaint, rule: FeedbackRule, identify: Identify) -> FeedbackOutcome:
    """Applies a complaint to the listed recipients. SES lists all recipients that may have complained.

    If the tag names one of them, the complaint applies only to that one. If the tag names another recipient,
    it is ignored: that recipient did not complain, and the listed ones may have. An entry that cannot be
    read, or an empty list, means the recipient of the mail, if that recipient is known.

    An echo reports that an older complaint is on the provider's list. For a recipient with a record it is not
    a new complaint. For a recipient without a record it is the only report of that complaint, which was made
    before there was a record.
    """
    echo = is_echo(event.subtype)
    effects: list[FeedbackEffect] = [] if rule.extra_effect is None or echo else [rule.extra_effect]
    if rule.register is None:
        return FeedbackOutcome({}, [*effects, FeedbackEffect.COMPLAINT_IGNORED])
    mail_recipients = _MailRecipients(event.mail, identify)
    ids = [_identify_or_none(address, identify) for address in event.addresses] or [None]
    if mail_recipients.tag is not None and mail_recipients.tag in ids:
        ids = [mail_recipients.tag]
    unreadable = ids.count(None)
    mail_recipient = mail_recipients.only_recipient() if unreadable else None
    changes = {}
    for recipient in (*ids, mail_recipient):
        if recipient is not None:
            entry = _complaint_entry(event, len(ids), mail_recipients.ref_of(recipient))
            changes[recipient] = [Change(rule.register, entry)]
    effects.extend([FeedbackEffect.RECIPIENT_UNREADABLE] * unreadable)
    review_reason = UNKNOWN_RECIPIENT if unreadable > 0 and mail_recipient is None else ""
    if echo:
        return FeedbackOutcome({}, effects, review_reason, echo_changes=changes)
    return FeedbackOutcome(changes, [*effects, *[rule.effect] * len(changes)], review_reason)


def _complaint_entry(event: Complaint, listed: int, ref: str) -> Entry:
    evidence = _evidence(
        feedback=event.feedback_id,
        listed=str(listed) if listed > 1 else None,  # SES does not say which of them complained
        message=event.mail.id,
        ref=ref,
        subtype=event.subtype,
        type=event.type,
    )
    return Entry(event.at, Source.COMPLAINT, evidence)


class _MailRecipients:
    """The recipients of a mail. It computes recipient ids only if the result depends on them."""

    def __init__(self, mail: FeedbackMail, identify: Identify) -> None:
        self.tag = _recipient_of_tag(mail.tag)
        self._ref = mail.ref
        self._destination = mail.destination or [None]
        self._identify = identify

    def has(self, recipient: str, address: str | None) -> bool:
        """Whether the mail was sent to this recipient, who is listed with this address."""
        return (
            address in self._destination  # nearly always the same spelling
            or recipient == self.tag
            or recipient in self._ids
        )

    def only_recipient(self) -> str | None:
        """Returns the recipient of the mail by the tag or the only destination; None if both are missing."""
        if self.tag is not None:
            return self.tag
        return self._ids[0] if len(set(self._ids)) == 1 else None

    def ref_of(self, recipient: str) -> str:
        """Returns the ref of the mail if it is about this recipient, or "".

        A mail has one ref. The others who got the same mail are other people.
        """
        return self._ref if self._ref and recipient == self.only_recipient() else ""

    def has_unreadable_destination(self) -> bool:
        """Whether some destinations of the mail cannot be read."""
        return None in self._ids

    @cached_property
    def _ids(self) -> list[str | None]:
        return [_identify_or_none(address, self._identify) for address in self._destination]


def _apply_list_opt_out(
    event: ContactListOptOut, identify: Identify, catalogue: Catalogue
) -> FeedbackOutcome:
    """Applies an opt-out in an SES contact list: of all marketing, or of each listed topic.

    A listed topic that is not in the catalogue is reported.

    The source is the button that the person used, if SES names it. For `UnsubscribeHeader` it is the mail
    client's own button. Otherwise it is a link to a page of SES. An opt-out of mail never becomes an opt-out
    of advertising, so the name of a signal topic counts as unknown.
    """
    numbers = [_topic_number(name, catalogue) for name in event.topics]
    unknown = numbers.count(None)
    effects = [FeedbackEffect.UNKNOWN_TOPIC_FOUND] * unknown
    review_reason = UNKNOWN_TOPIC if unknown else ""
    scopes = dict.fromkeys([ALL_SCOPES] if event.all_marketing else [])
    scopes.update(dict.fromkeys(number for number in numbers if number is not None))
    if not scopes:
        return FeedbackOutcome({}, effects or [FeedbackEffect.EVENT_IGNORED], review_reason)
    recipient = _identify_or_none(event.address, identify)
    if recipient is None:
        return FeedbackOutcome({}, [*effects, FeedbackEffect.RECIPIENT_UNREADABLE], UNKNOWN_RECIPIENT)
    is_button = event.trigger is not None and normalise_word(event.trigger) == "unsubscribeheader"
    source = Source.ONE_CLICK if is_button else Source.LINK
    entry = Entry(event.at, source, _evidence(by=event.trigger, message=event.message_id, list="ses"))
    changes = {recipient: [Change(opt_out_register(scope), entry) for scope in scopes]}
    return FeedbackOutcome(changes, [*effects, FeedbackEffect.OPT_OUT_RECORDED], review_reason)


def _topic_number(name: str | None, catalogue: Catalogue) -> ScopeNumber | None:
    """Returns the number of a mail topic, or None. Names in the catalogue are lower-case."""
    if name is None:
        return None
    try:
        topic = catalogue.topic_by_name(name.strip().lower())
    except UnknownScope:
        return None
    return None if topic.kind is TopicKind.SIGNAL else topic.number


def _identify_or_none(address: str | None, identify: Identify) -> str | None:
    if address is None:
        return None
    try:
        return identify(address)
    except InvalidAddress:
        return None


def _recipient_of_tag(tag: str | None) -> str | None:
    """Returns the recipient that a tag names; None if Heed did not set the tag."""
    if tag is None:
        return None
    try:
        return parse_recipient(tag)
    except InvalidRecipient:
        return None


_PLAIN = re.compile(r"[A-Za-z0-9._-][A-Za-z0-9. _-]{0,99}").fullmatch


def _evidence(**parts: str | None) -> str:
    """Returns canonical JSON of ids and words of SES, in the order of the arguments.

    It is stricter than heed.domain.preferences.evidence, which would replace the long ids of SES as tokens.
    Any other value is left out. So no value can contain an address.
    """
    known = [f'"{name}":"{part}"' for name, part in parts.items() if part and _PLAIN(part)]
    return "{" + ",".join(known) + "}"
