"""The tools about people: may a mail be sent, and what is on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.cli.mcp.answers import (
    CAUTION,
    CheckedPeople,
    CheckedPerson,
    DecidedTopic,
    HistoryEntry,
    LookUpAnswer,
    NamedTopic,
    NamedTopics,
    RecordedFact,
)
from heed.entrypoints.cli.mcp.reading import ApiReader
from heed.entrypoints.cli.mcp.reasons import explain_reason
from heed.entrypoints.cli.mcp.untrusted import format_evidence
from heed.entrypoints.cli.recipient_arguments import split_into_batches, to_person_field

_MAX_HISTORY = 100  # entries
_SHORTENED = {"history_left_out", "history_cut"}
"""Members of the API's answer that say that it has not the whole history."""


def make_topics_answer(api: ApiReader) -> NamedTopics:
    """Returns the topics of the deployment, or of the brands of the key."""
    listed = [
        NamedTopic(
            topic=topic["name"],
            titles=topic["names"],
            kind=topic["kind"],
            is_opt_in=topic["default"] != "in",
            is_retired=topic["retired"],
        )
        for topic in api.get("/v1/topics")["topics"]
    ]
    return NamedTopics(summary=f"Topics: {len(listed)}.", topics=listed)


def make_check_answer(api: ApiReader, people: Sequence[str], topic: str) -> CheckedPeople:
    """Returns whether a topic may be sent to each of the people now."""
    results = [
        CheckedPerson(person=name, **_decision_of(result))
        for batch in split_into_batches(people)
        for name, result in zip(
            batch.names, api.post("/v1/check", {"topic": topic, **batch.fields})["results"], strict=True
        )
    ]
    permitted = sum(result.sendable for result in results)
    summary = f"The topic may be sent to {permitted} of {len(results)} now."
    return CheckedPeople(summary=summary, topic=topic, results=results)


def make_look_up_answer(api: ApiReader, person: str, purpose: DisclosurePurpose) -> LookUpAnswer:
    """Returns what is on record about a person. The API enters it in the register of disclosures."""
    answer = api.post("/v1/recipients/lookup", {**to_person_field(person), "purpose": purpose})
    decisions = [
        DecidedTopic(topic=topic, **_decision_of(decision)) for topic, decision in answer["decisions"].items()
    ]
    history = answer["history"]
    is_on_record = answer["registers"] or answer["soft_bounces"] or answer["erased_at"]
    permitted = sum(decision.sendable for decision in decisions)
    summary = (
        f"{'Something' if is_on_record else 'Nothing'} is on record. "
        f"{permitted} of {len(decisions)} topics may be sent now. The register of disclosures has an entry."
    )
    return LookUpAnswer(
        summary=summary,
        caution=CAUTION,
        recipient=answer["recipient"],
        decisions=decisions,
        on_record=[RecordedFact(**_fact_of(register)) for register in answer["registers"]],
        soft_bounces=answer["soft_bounces"],
        erased_at=answer["erased_at"],
        history=[
            HistoryEntry(
                **_fact_of(entry),
                id=entry["id"],
                outcome=entry["outcome"],
                recorded_at=entry["recorded_at"],
            )
            for entry in history[-_MAX_HISTORY:]
        ],
        has_earlier_history=len(history) > _MAX_HISTORY or not _SHORTENED.isdisjoint(answer),
    )


def _decision_of(result: Mapping[str, Any]) -> dict[str, Any]:
    is_sendable = result["sendable"] is True
    return {
        "sendable": is_sendable,
        "reason": result["reason"],
        "meaning": explain_reason(result["reason"], is_sendable=is_sendable),
        "since": result["since"],
        "source": result["source"],
        "until": result["until"],
    }


def _fact_of(register: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": register["register"],
        "scope": register["scope"],
        "at": register["at"],
        "source": register["source"],
        "until": register["until"],
        "untrusted_evidence": format_evidence(register["evidence"]),
    }
