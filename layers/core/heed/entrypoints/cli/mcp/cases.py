"""The tools about cases: mails of strangers, about which a person has to decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heed import clock
from heed.domain import rfc3339
from heed.entrypoints.cli.mcp.answers import CAUTION, CaseAnswer, CasesAnswer, ListedCase
from heed.entrypoints.cli.mcp.reading import ApiReader
from heed.entrypoints.cli.mcp.untrusted import clean_text

_MAX_MAIL = 10_000  # characters
_MAX_NAME = 200
_MAX_NAMES = 20


def make_cases_answer(api: ApiReader, cursor: str) -> CasesAnswer:
    """Returns a page of the cases that wait for a decision."""
    page = api.get("/v1/cases", query={"cursor": cursor} if cursor else None)
    listed = [ListedCase(**_facts_of(case)) for case in page["cases"]]
    overdue = sum(case.is_overdue for case in listed)
    more = " There are more: ask with the cursor." if page["cursor"] else ""
    return CasesAnswer(
        summary=f"Cases that wait for a decision: {len(listed)}. Overdue: {overdue}.{more}",
        cases=listed,
        unreadable=page["unreadable"],
        cursor=page["cursor"],
    )


def make_case_answer(api: ApiReader, case: str) -> CaseAnswer:
    """Returns a case with the text of its mail. The API enters it in the register of disclosures."""
    answer = api.get("/v1/cases/{id}", id=case)
    text = clean_text(answer["text"])
    names = [clean_text(file["name"])[:_MAX_NAME] for file in answer["attachments"]]
    is_decided = answer["state"] == "decided"
    state = "is decided, and its mail is deleted" if is_decided else "waits for the decision of a person"
    return CaseAnswer(
        **_facts_of(answer),
        summary=f"The case {state}. The register of disclosures has an entry.",
        caution=CAUTION,
        suggested=answer["suggested"],
        decision=answer.get("decision"),
        decided_at=answer.get("decided_at"),
        untrusted_text=text[:_MAX_MAIL],
        text_is_cut=len(text) > _MAX_MAIL,
        untrusted_attachment_names=names[:_MAX_NAMES],
    )


def _facts_of(case: Mapping[str, Any]) -> dict[str, Any]:
    is_open = case["state"] != "decided"
    return {
        "id": case["id"],
        "kind": case["kind"],
        "state": case["state"],
        "recipient": case["recipient"],
        "received_at": case["received_at"],
        "due_at": case["due_at"],
        "is_overdue": is_open and rfc3339.parse_time(case["due_at"]).last < clock.now(),
        "names_other_address": case["names_other_address"],
    }
