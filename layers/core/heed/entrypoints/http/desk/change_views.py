"""The views of the form for what a person requested, of its preview and of what was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import decide
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import DAY_MS
from heed.domain.rfc3339 import format_day
from heed.entrypoints.http.desk.change_form import (
    DeskChange,
    DeskChangeField,
    DeskChangeForm,
    DeskChangeMistake,
    DeskChangeSource,
    brands_value,
    changes_to_choose,
    topics_to_choose,
)
from heed.entrypoints.http.desk.people_views import ActiveReason, PersonHeading
from heed.entrypoints.http.desk.titles import topic_title
from heed.entrypoints.http.desk.views import DeskView

if TYPE_CHECKING:
    from collections.abc import Iterable


class DeskChangeEffect(StrEnum):
    """What the preview says about a change, beside the table."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"  # nothing that may be sent differs
    SUPERSEDED = "superseded"  # something newer counts instead
    REFUSED = "refused"  # a minor, or a hold


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicBox:
    """A topic that can be chosen."""

    topic: str  # the value that the form sends
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskChangeOption:
    """A choice of the form."""

    value: DeskChange
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOption:
    """A way in which a request reached the company."""

    value: DeskChangeSource
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MistakeRow:
    """A mistake in a field."""

    field: DeskChangeField
    mistake: DeskChangeMistake


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskChangeFormView:
    """The form, with what was entered."""

    action: str
    brands: str  # `brands_value`; "": the agent is not limited
    changes: tuple[DeskChangeOption, ...]
    topics: tuple[TopicBox, ...]
    sources: tuple[SourceOption, ...]
    day: str
    time: str
    until: str
    reference: str
    today: str  # the latest date of receipt
    mistakes: tuple[MistakeRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskChangeView(DeskView):
    """The form again, with the mistakes in it or to change what was entered."""

    person: PersonHeading
    form: DeskChangeFormView


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """What may be sent of a topic, before and after the change."""

    name: str
    before: bool
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedRow:
    """What still stops topics of an opt-in."""

    reason: ActiveReason


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenField:
    """A field of the form, which the preview sends again."""

    name: DeskChangeField
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewView(DeskView):
    """The preview: what the change does before it is recorded."""

    person: PersonHeading
    change: DeskChange
    action: str
    fields: tuple[HiddenField, ...]
    topics: tuple[str, ...]  # names of the chosen topics
    source: DeskChangeSource
    received_at: Millis
    until: Millis | None
    reference: str
    effect: DeskChangeEffect
    rows: tuple[EffectRow, ...]
    blocked: tuple[BlockedRow, ...]
    can_record: bool  # it is not refused, and has the reference that it needs
    can_confirm: bool  # a confirmation mail can be sent instead: the address is known on this page


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedView(DeskView):
    """`GET /desk/people/{id}/changes`: what was recorded, and what to tell the person."""

    person: PersonHeading
    change: DeskChange
    topics: tuple[str, ...]
    at: Millis
    recorded_at: Millis
    until: Millis | None
    superseded: bool
    taken_back: bool
    can_take_back: bool
    rows: tuple[EffectRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView(DeskView):
    """The person's link to the preference centre."""

    person: PersonHeading
    url: str
    has_own_domain: bool  # otherwise the link ends with the deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSentView(DeskView):
    """A confirmation mail was requested."""

    person: PersonHeading


CHANGE_VIEWS: dict[str, type[DeskView]] = {
    "change": DeskChangeView,
    "preview": PreviewView,
    "recorded": RecordedView,
    "link": LinkView,
    "mail_sent": MailSentView,
}


def change_form_view(
    form: DeskChangeForm, person: PersonHeading, catalogue: Catalogue, language: str, now: Millis
) -> DeskChangeFormView:
    """Returns the view of a form. `now` is in milliseconds."""
    is_chosen = DeskChangeField.CHANGE not in form.mistakes
    return DeskChangeFormView(
        action=f"{person.path}/changes",
        brands=brands_value(catalogue),
        changes=tuple(
            DeskChangeOption(value=change, chosen=change is form.change and is_chosen)
            for change in changes_to_choose(catalogue)
        ),
        topics=tuple(
            TopicBox(
                topic=catalogue.scope_name(topic.number),
                name=topic_title(topic, catalogue, language),
                chosen=catalogue.scope_name(topic.number) in form.topics,
            )
            for topic in topics_to_choose(catalogue)
        ),
        sources=tuple(
            SourceOption(value=source, chosen=source is form.source) for source in DeskChangeSource
        ),
        day=form.day,
        time=form.time,
        until=form.until,
        reference=form.reference,
        today=format_day(now // DAY_MS),
        mistakes=tuple(
            MistakeRow(field=field, mistake=form.mistakes[field])
            for field in DeskChangeField
            if field in form.mistakes
        ),
    )


def effect_rows(
    before: Record, after: Record, catalogue: Catalogue, language: str, now: Millis
) -> tuple[EffectRow, ...]:
    """Returns what may be sent of each topic, before and after. `now` is in milliseconds."""
    return tuple(
        EffectRow(
            name=topic_title(topic, catalogue, language),
            before=decide(before, topic, now).sendable,
            after=decide(after, topic, now).sendable,
        )
        for topic in catalogue.topics.values()
        if not topic.retired
    )


def blocked_rows(reasons: Iterable[Reason]) -> tuple[BlockedRow, ...]:
    """Returns what still stops topics of an opt-in."""
    known = {reason.value: reason for reason in ActiveReason}
    return tuple(BlockedRow(reason=known[reason.value]) for reason in reasons if reason.value in known)
