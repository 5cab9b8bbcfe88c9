"""`heed desk` on the table of the stack, with the person's AWS identity."""

from __future__ import annotations

import pytest

from heed.domain.desk.session import DeskRole, DeskSession
from tests.cli.conftest import Heed
from tests.support.deployment import NOW, parts

ADA, OLGA = "oidc:00000000000000a1", "oidc:00000000000000b2"


def start_sessions(stack: str) -> None:
    for digit, key, agent in (("1", ADA, "Ada Agent"), ("2", ADA, "Ada Agent"), ("3", OLGA, "Olga Officer")):
        session = DeskSession(digit * 64, key, agent, DeskRole.AGENT, NOW, NOW, NOW)
        parts().desk_sessions.create(session)


@pytest.mark.parametrize("who", ["Ada Agent", ADA])
def test_all_sessions_of_a_person_end(heed: Heed, stack: str, who: str) -> None:
    start_sessions(stack)

    result = heed("desk", "end", who, "--stack", stack)

    assert (result.code, result.out) == (0, "Ended: 2\n")
    found = [parts().desk_sessions.find(digit * 64) for digit in "123"]
    assert [session is not None for session in found] == [False, False, True]


def test_without_a_session_the_answer_is_no(heed: Heed, stack: str) -> None:
    start_sessions(stack)

    result = heed("desk", "end", "Ada", "--stack", stack, "--json")

    assert (result.code, result.json) == (1, {"ended": 0})
