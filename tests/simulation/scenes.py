"""A scene: what existed before, one delivery, and what must be left however often it is repeated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Change, Entry, Register, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from tests.support.deployment import NOW, World, parts
from tests.support.registers import out

ANN, JOHN = "ann@example.com", "john@example.com"


def press(at: Millis = NOW, register: Register | None = None, evidence: str = "{}") -> Change:
    return Change(register or out(2), Entry(at, Source.LINK, evidence))


def registers(world: World, address: str = ANN) -> tuple[object, ...]:
    """What is on record of a person, without random parts."""
    record = parts().preferences.read(world.recipient(address))
    entries = {name: (entry.at, entry.source) for name, entry in record.registers.items()}
    return entries, record.soft_bounce_days, record.erased_at, record.revision


class Scene(ABC):
    """One delivery to one function.

    Attributes:
        ses_list: the SES suppression list, which outlives every process.
        resources: what a scene started on this machine, closed at its end.
    """

    function: str

    def __init__(self) -> None:
        self.ses_list: set[str] = {ANN}
        self.resources = ExitStack()

    def prepare(self, world: World) -> None:  # noqa: B027 - some scenes begin with nothing
        """Creates what existed before."""

    @abstractmethod
    def deliver(self, world: World) -> None:
        """Makes one delivery; its answer is no failure."""

    def observe(self, world: World) -> object:
        """Returns what must be the same in the end."""
        return registers(world)


def report(world: World, cause: ErasureCause, at: Millis = Millis(NOW + 9), address: str = ANN) -> str:
    report = ErasureRequest(cause, at, Source.PHONE, "call 1", "key", "")
    return parts().erase(world.recipient(address), report).purge_id
