"""docs/reference/events.md: each example follows its schema, and each rule matches its own event only."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from moto.events.models import EventPattern

from heed.domain.jobs.import_event import ImportEventType
from heed.domain.ledger.events import EventType

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "events.md").read_text()
QUEUE_TEMPLATE = (DOCS / "examples" / "queue.yaml").read_text()
SCHEMAS = {
    schema["title"]: schema
    for schema in (json.loads(path.read_text()) for path in (DOCS / "events").glob("*.schema.json"))
}
EVENT_TYPES = (*EventType, *ImportEventType)
STOPPING = {EventType.OPTED_OUT, EventType.PAUSED, EventType.SUPPRESSED, EventType.PURGED}


def _section(event_type: str) -> str:
    """Returns the section of one event: the text from its heading to the next one."""
    (section,) = re.findall(rf"^### {event_type}\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    return str(section)


def _example_and_rule(event_type: str) -> tuple[dict[str, Any], dict[str, Any]]:
    example, rule = re.findall(r"^```json\n(.*?)^```$", _section(event_type), re.MULTILINE | re.DOTALL)
    return json.loads(example), json.loads(rule)


EXAMPLES = {event_type: _example_and_rule(event_type)[0] for event_type in EVENT_TYPES}


def _matched_by(pattern: dict[str, Any]) -> set[str]:
    matcher = EventPattern.load(json.dumps(pattern))
    return {event_type for event_type, example in EXAMPLES.items() if matcher.matches_event(example)}  # type: ignore[arg-type]


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_example_follows_its_schema(event_type: str) -> None:
    Draft202012Validator(SCHEMAS[event_type]).validate(EXAMPLES[event_type])


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_rule_matches_its_event_only(event_type: str) -> None:
    assert _matched_by(_example_and_rule(event_type)[1]) == {event_type}


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_section_names_every_state_of_its_event(event_type: str) -> None:
    states = SCHEMAS[event_type]["properties"]["detail"]["properties"]["state"]["enum"]
    assert [state for state in states if f"`{state}`" not in _section(event_type)] == []


def test_the_table_has_every_member_of_an_event() -> None:
    members = {f"detail.{name}" for schema in SCHEMAS.values() for name in _detail_members(schema)}
    assert set(re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)) == {"source", "detail-type", *members}


def _detail_members(schema: dict[str, Any]) -> set[str]:
    return set(schema["properties"]["detail"]["properties"])


def test_the_queue_of_the_page_is_the_one_of_the_example() -> None:
    excerpts = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(excerpts) == 2
    assert all(excerpt in QUEUE_TEMPLATE for excerpt in excerpts)


def test_the_rule_of_the_queue_matches_every_event_that_stops_mail() -> None:
    (types,) = re.findall(r"detail-type: \[(.+)\]", QUEUE_TEMPLATE)
    assert _matched_by({"source": ["heed"], "detail-type": types.split(", ")}) == STOPPING
