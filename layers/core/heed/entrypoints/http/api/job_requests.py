"""POST /v1/imports, /v1/scrubs, /v1/snapshots and /v1/jobs/{id}: the bodies."""

from __future__ import annotations

from heed.domain.api_key import ApiKey, KeyScope, normalise_owner
from heed.domain.errors import FutureTime, InvalidTime, NotAuthorised, NotFound, UnknownScope
from heed.domain.imports.formats import RowMeaning
from heed.domain.imports.recognition import ANY_FORMAT, FORMATS
from heed.domain.imports.row_dates import find_zone, parse_export_time
from heed.domain.jobs.job import JobSignature, is_job_id
from heed.domain.jobs.job_command import JobCommand, JobOrder
from heed.domain.jobs.job_report import is_safe_word
from heed.domain.jobs.job_settings import (
    DEFAULT_SNAPSHOT_DAYS,
    ColumnMapping,
    ImportJobSettings,
    JobSettings,
    ScrubJobSettings,
    SnapshotJobSettings,
    UndatedRows,
    known_name_words,
)
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.http.api import fields, links
from heed.entrypoints.http.api.json_body import JsonReader
from heed.entrypoints.http.api.routes import ApiRequest

MAX_MAPPED_TOPICS = 100
_MAX_NAME = 255  # characters of a file's name
_COLUMNS = ("address", "date")
_MEANINGS = [
    meaning.value
    for meaning in (
        *(RowMeaning.UNSUBSCRIBED, RowMeaning.SUPPRESSED),
        *(RowMeaning.COMPLAINT, RowMeaning.HARD_BOUNCE),
    )
]
_MAX_DAYS = 31


JobRequest = tuple[JobSettings, DisclosurePurpose]
"""What a caller requests of a new job, and the purpose."""


def parse_job_id(call: ApiRequest) -> str:
    """Returns the id in the path.

    Raises:
        NotFound: No job can have this id.
    """
    if not is_job_id(call.parts["id"]):
        raise NotFound("no job has this id")
    return call.parts["id"]


def sign_job(call: ApiRequest) -> JobSignature:
    """Returns who sends a request, and when."""
    return JobSignature(call.key.id, normalise_owner(call.key.owner), call.at)


def parse_job_order(body: JsonReader) -> JobOrder:
    """Returns the one command in a body, such as `{"commit": true}`. `take_back` has a `reason`.

    Raises:
        InvalidRequest: The body has not exactly one command, the command is not `true`, or has no reason.
    """
    given = [command for command in JobCommand if body.has(command)]
    for command in given:
        if not body.read_flag(command):
            body.add_fault(command, "must be true")
    if len(given) != 1:
        body.add_fault("", f"must have exactly one of {', '.join(JobCommand)}")
    reason = fields.read_words(body, "reason") if JobCommand.TAKE_BACK in given else ""
    body.close()
    return JobOrder(given[0], reason)


def parse_import_request(
    body: JsonReader, key: ApiKey, catalogue: Catalogue, now: Millis
) -> tuple[ImportJobSettings, DisclosurePurpose]:
    """Returns the settings of an import. Its purpose is the default purpose of the key.

    Raises:
        PurposeRefused: The key has several purposes, and `sending` is not one of them.
        InvalidRequest: A field is missing or not valid.
    """
    purpose = key.choose_purpose("")
    settings = ImportJobSettings(
        reference=fields.read_words(body, "reference"),
        format=_read_format(body),
        name_words=_read_name(body),
        exported_at=_read_exported_at(body, now),
        zone=_read_zone(body),
        has_us_dates=body.read_flag("us_dates"),
        undated=_read_undated(body),
        scope=fields.read_choice_scope(body, catalogue) if body.has("scope") else None,
        topics=_read_topics(body, catalogue),
        mapping=_read_mapping(body),
        commit=body.read_flag("commit"),
    )
    body.close()
    return settings, purpose


def parse_scrub_request(
    call: ApiRequest, catalogue: Catalogue, public_url: str
) -> tuple[ScrubJobSettings, DisclosurePurpose]:
    """Returns the settings of a scrub, and its purpose.

    Args:
        call: the request.
        catalogue: the brands and topics.
        public_url: the base URL of links; "" if they would have the host of the API, and end with it.

    Raises:
        PurposeRefused: The key does not have the purpose.
        NotAuthorised: The file gets links, and the key has no scope for them.
        InvalidRequest: A field is missing or not valid.
    """
    body, key = call.body(), call.key
    purpose = key.choose_purpose(body.read_optional_text("purpose"))
    has_links = body.read_flag("links")
    if has_links and KeyScope.LINKS not in key.scopes:
        raise NotAuthorised("a scrub with links needs the scope `links`")
    if has_links and not public_url:
        body.add_fault("links", "needs a deployment with a domain of its own (the parameter DomainName)")
    topic = _read_scrubbed_topic(body, catalogue, has_links=has_links)
    _read_name(body)
    settings = ScrubJobSettings(
        topic=topic.number if topic else ALL_SCOPES,
        column=_read_column(body),
        links=has_links,
        campaign=links.read_campaign_field(body),
        language=links.read_link_language(body, catalogue),
    )
    if not has_links and (settings.campaign or settings.language):
        body.add_fault("links", "must be true, if there is a campaign or a language of links")
    body.close()
    return settings, purpose


def parse_snapshot_request(body: JsonReader, key: ApiKey) -> tuple[SnapshotJobSettings, DisclosurePurpose]:
    """Returns the settings of a snapshot, and its purpose.

    Raises:
        PurposeRefused: The key does not have the purpose.
        InvalidRequest: A field is not valid.
    """
    purpose = key.choose_purpose(body.read_optional_text("purpose"))
    days = body.read_number("days", 1, _MAX_DAYS, DEFAULT_SNAPSHOT_DAYS)
    body.close()
    return SnapshotJobSettings(days), purpose


def _read_scrubbed_topic(body: JsonReader, catalogue: Catalogue, *, has_links: bool) -> Topic | None:
    name = fields.read_topic(body, catalogue)
    topic = catalogue.topic_by_name(name) if name else None
    if topic and has_links and topic.kind is not TopicKind.MARKETING:
        body.add_fault("topic", "is not a marketing topic, so it has no links")
    return topic


def _read_format(body: JsonReader) -> str:
    name = body.read_optional_text("format") or ANY_FORMAT
    if name != ANY_FORMAT and name not in FORMATS:
        body.add_fault("format", "is not the name of a format, such as sendgrid-bounces")
    return name


def _read_name(body: JsonReader) -> tuple[str, ...]:
    """Reads the optional `name` of the file. Only the words that name a kind of list are kept."""
    return known_name_words(body.read_optional_text("name", longest=_MAX_NAME))


def _read_column(body: JsonReader) -> str:
    column = body.read_optional_text("column")
    if column and not is_safe_word(column):
        body.add_fault("column", "must be the name of a column, without an address")
    return column


def _read_exported_at(body: JsonReader, now: Millis) -> Millis | None:
    """Reads the time of the export. A date is its last instant or now, the earlier of the two."""
    text = body.read_optional_text("exported_at")
    if not text:
        return None
    try:
        return parse_export_time(text, now)
    except FutureTime:
        body.add_fault("exported_at", "must not be in the future")
    except InvalidTime as error:
        body.add_fault("exported_at", f"is {error}")
    return None


def _read_zone(body: JsonReader) -> str:
    name = body.read_optional_text("zone") or "UTC"
    try:
        find_zone(name)
    except InvalidTime as error:
        body.add_fault("zone", f"is {error}")
    return name


def _read_mapping(body: JsonReader) -> ColumnMapping | None:
    """Reads the columns of a file that has no known format, and what each row means."""
    if body.has("columns") != body.has("as"):
        body.add_fault("columns", "and `as` belong together")
    if not body.has("columns"):
        return None
    columns = body.read_object("columns", len(_COLUMNS))
    if "address" not in columns or not set(columns) <= set(_COLUMNS):
        body.add_fault("columns", f"must have the column `address`, and others only of {', '.join(_COLUMNS)}")
    if not all(map(is_safe_word, columns.values())):
        body.add_fault("columns", "must be names of columns, without addresses")
    if body.read_optional_text("format") not in ("", "auto"):
        body.add_fault("format", "must be `auto` if there are `columns`")
    meaning = body.read_choice("as", _MEANINGS)
    if not meaning:
        return None
    return ColumnMapping(columns.get("address", ""), RowMeaning(meaning), columns.get("date", ""))


def _read_undated(body: JsonReader) -> UndatedRows:
    choice = body.read_choice("undated", list(UndatedRows)) if body.has("undated") else ""
    return UndatedRows(choice or UndatedRows.EXPORTED_AT)


def _read_topics(body: JsonReader, catalogue: Catalogue) -> dict[str, ScopeNumber]:
    """Reads what the topics of the other system are called here."""
    numbers: dict[str, ScopeNumber] = {}
    for theirs, ours in body.read_object("topics", MAX_MAPPED_TOPICS).items():
        if not is_safe_word(theirs):
            body.add_fault("topics", "must have names of topics, without addresses")
            continue
        try:
            numbers[theirs] = catalogue.topic_by_name(ours).number
        except UnknownScope as error:
            fields.add_unknown_name(body, "topics", error, ours, catalogue, topics_only=True)
    return numbers
