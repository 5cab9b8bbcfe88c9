"""The memory of sessions at the desk: for how long it trusts what it has read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heed.domain.desk.session import IDLE_LIMIT, SESSION_LIMIT, DeskRole, DeskSession
from heed.domain.errors import StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.entrypoints.http.desk.session_memory import SESSION_MEMORY, SessionMemory
from tests.support.deployment import NOW
from tests.support.fakes import MemoryDeskSessions

SESSION = DeskSession("f" * 64, "oidc:a1", "Ada", DeskRole.AGENT, NOW, NOW, NOW)


class CountedSessions(MemoryDeskSessions):
    """Counts what is read, and fails while `is_broken`."""

    def __init__(self) -> None:
        super().__init__({SESSION.hash: SESSION})
        self.reads = 0
        self.is_broken = False

    def find(self, session_hash: str) -> DeskSession | None:
        self.reads += 1
        if self.is_broken:
            raise StoreUnavailable("the test broke it")
        return super().find(session_hash)


@pytest.fixture
def stored() -> CountedSessions:
    return CountedSessions()


@pytest.fixture
def memory(stored: CountedSessions) -> SessionMemory:
    return SessionMemory(stored)


def use(memory: SessionMemory, at: int, session_hash: str = SESSION.hash) -> DeskSession | None:
    return memory.use(session_hash, Millis(at), lambda found: found)


def test_a_session_is_read_once_a_minute(memory: SessionMemory, stored: CountedSessions) -> None:
    for at in range(NOW, NOW + SESSION_MEMORY, 10_000):
        assert use(memory, at) is not None
    assert stored.reads == 1
    assert use(memory, NOW + SESSION_MEMORY) is not None
    assert stored.reads == 2


def test_a_session_that_was_ended_elsewhere_stops_within_a_minute(
    memory: SessionMemory, stored: CountedSessions
) -> None:
    use(memory, NOW)
    stored.end(SESSION.hash)
    assert use(memory, NOW + SESSION_MEMORY) is None


def test_a_session_that_is_ended_here_stops_at_once(memory: SessionMemory) -> None:
    use(memory, NOW)
    memory.end(SESSION.hash)
    assert use(memory, NOW) is None


def test_an_unknown_session_is_not_remembered(memory: SessionMemory, stored: CountedSessions) -> None:
    assert use(memory, NOW, "0" * 64) is use(memory, NOW, "0" * 64) is None
    assert stored.reads == 2


def test_a_session_that_was_nearly_idle_goes_on_with_the_next_request(
    memory: SessionMemory, stored: CountedSessions
) -> None:
    stored.sessions[SESSION.hash] = replace(SESSION, used_at=Millis(NOW - IDLE_LIMIT + 1_000))
    assert use(memory, NOW) is not None
    assert use(memory, NOW + 2_000) is not None
    assert stored.sessions[SESSION.hash].used_at == NOW


def test_a_remembered_session_still_ends_by_time(memory: SessionMemory, stored: CountedSessions) -> None:
    stored.sessions[SESSION.hash] = replace(SESSION, started_at=Millis(NOW - SESSION_LIMIT + 1_000))
    assert use(memory, NOW) is not None
    assert use(memory, NOW + 1_000) is None


def test_a_session_whose_role_is_gone_is_not_remembered(memory: SessionMemory) -> None:
    assert memory.use(SESSION.hash, NOW, lambda _: None) is None
    assert use(memory, NOW) is not None


def test_the_request_of_an_earlier_time_reads_again(memory: SessionMemory, stored: CountedSessions) -> None:
    use(memory, NOW)
    use(memory, NOW - 1)
    assert stored.reads == 2


def test_a_store_that_does_not_answer_is_never_a_session(
    memory: SessionMemory, stored: CountedSessions
) -> None:
    stored.is_broken = True
    with pytest.raises(StoreUnavailable):
        use(memory, NOW)
