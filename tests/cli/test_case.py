"""`heed case` with the real functions."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from heed.domain.mailbox.case import Case, CaseKind, new_case
from tests.cli.conftest import Heed
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, client, parts

READER = "reader@example.com"
WHY = ("--reason", "as she writes")


def _open_case(world: World, kind: CaseKind = CaseKind.OPT_OUT_DOUBTFUL) -> Case:
    mail = EmailMessage()
    mail["From"] = READER
    mail.set_content("No more \x1b[31mmail\nplease")
    case = new_case(kind, "message 1", world.recipient(READER), NOW)
    with outside_handlers():
        assert parts().open_case(case, bytes(mail), "", NOW)
    return case


def test_without_a_case_the_list_says_so(heed: Heed, local: Path) -> None:
    listed = heed("case", "list")
    assert (listed.code, listed.out) == (0, "No case waits for a decision.\n")
    assert heed("case", "list", "--json").json == {"cases": [], "unreadable": [], "cursor": None}


def test_an_unreadable_case_is_named_below_the_list(heed: Heed, local: Path, world: World) -> None:
    case = _open_case(world)
    with outside_handlers():
        client("dynamodb").update_item(
            TableName="Control",
            Key={"pk": {"S": f"case#{case.id}"}},
            UpdateExpression="REMOVE kind",
        )
    assert heed("case", "list").out == f"No case waits for a decision.\nUnreadable: {case.id}\n"


def test_a_case_is_listed_shown_and_decided(heed: Heed, local: Path, world: World) -> None:
    case = _open_case(world)
    assert case.id in heed("case", "list").out
    shown = heed("case", "show", case.id)
    assert shown.code == 0
    assert "opt-out, none" in shown.out
    assert "No more \\x1b[31mmail\nplease" in shown.out, "the mail cannot control the terminal"
    decided = heed("case", "decide", case.id, "--decision", "opt-out", "--scope", "offers", *WHY)
    assert (decided.code, "decided" in decided.out) == (0, True)
    assert heed("check", READER, "--topic", "offers").code == 1
    assert heed("case", "show", case.id, "--json").json["text"] == ""


def test_another_decision_fails_and_names_the_remedy(heed: Heed, local: Path, world: World) -> None:
    case = _open_case(world)
    heed("case", "decide", case.id, "--decision", "none", *WHY)
    second = heed("case", "decide", case.id, "--decision", "minor", *WHY)
    assert second.code == 3
    assert "heed case show ID shows the decision" in second.err


@pytest.mark.parametrize(("fields", "code"), [(("--decision", "perhaps"), 2), ((), 2)])
def test_a_wrong_decision_is_wrong_usage(
    heed: Heed, local: Path, world: World, fields: tuple[str, ...], code: int
) -> None:
    assert heed("case", "decide", "0" * 32, *fields, *WHY).code == code


def test_an_unknown_case_is_a_failure(heed: Heed, local: Path) -> None:
    assert heed("case", "show", "0" * 32).code == 3
