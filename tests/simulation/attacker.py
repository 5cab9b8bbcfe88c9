"""An attacker with links and keys, who tries everything to make people sendable again.

The attacker has every link of every person: also old ones from before an erasure, and those that a key of
the marketing platform makes. They have a key with every scope except those of agents and officers, the Undo
tokens of their own presses and, now and then, the address of a done page that another person was sent to.
They have no mailbox, no signing key, and no answer to other people's requests. They use everything that a
page shows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heed.domain.links import undo
from heed.domain.links.link_token import TokenPurpose
from heed.domain.links.undo import UndoToken
from heed.domain.milliseconds import Millis
from heed.domain.opt_in import confirmation_token
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent
from tests.simulation import presses, requests
from tests.simulation.deployment import SPELLINGS, SimulatedDeployment
from tests.simulation.history import Fact
from tests.simulation.steps import DAY, Step
from tests.support.deployment import http_event
from tests.support.registers import scope_numbers

OwnUndo = tuple[str, tuple[Fact, ...]]
"""An Undo token, and what it says."""

_TOPICS = ("offers", "news", "events", "research")
_SHOWN = re.compile(r'name="undo" value="([^"]+)"')
_CONFIRMATION = re.compile(r"/c/([\w-]{60,})")
_LINK = re.compile(r"/([up])/([\w-]{54})")
_GUESS = b"a key that is none"


@dataclass(frozen=True)
class Attempt:
    """One request of the attacker.

    Attributes:
        app: the function, by its name in tests.simulation.deployment.
        event: the request.
        who: the person that it is about.
        facts: what the request may truthfully change.
        changes_nothing: whether it must change nothing at all.
        must_fail: whether a success is a fault by itself.
    """

    app: str
    event: dict[str, Any]
    who: int
    facts: tuple[Fact, ...] = ()
    changes_nothing: bool = False
    must_fail: bool = False


@dataclass
class Attacker:
    """What the attacker has so far.

    Attributes:
        stage: the deployment under attack.
        own: the Undo tokens from their own presses.
    """

    stage: SimulatedDeployment
    own: list[OwnUndo] = field(default_factory=list)
    _links: dict[int, dict[str, str]] = field(default_factory=dict)
    _next: list[Attempt] = field(default_factory=list)
    _sent: set[str] = field(default_factory=set)

    def attempts(self, step: Step, leaked: Sequence[OwnUndo]) -> Iterator[Attempt]:
        """Yields the requests of one attack, and then those that use what the answers contained.

        `leaked` are Undo tokens of other people, newest last, from the addresses of their done pages.
        """
        self._next, self._sent = [], set()
        if step.what["minted"]:
            yield self._mint(step)
        attack = ATTACKS[step.what["means"]]
        if attack is Attacker._undo_own and step.what["from_end"] == 1:  # the press comes first
            yield self._press(step, leaked)
        yield attack(self, step, leaked)
        yield from self._next

    def read(self, attempt: Attempt, answer: Mapping[str, Any]) -> None:
        """Keeps the tokens that an answer contains."""
        text = f"{answer['headers'].get('Location', '')} {answer['body']}"
        if attempt.app == "check":
            self._links.setdefault(attempt.who, {}).update(_LINK.findall(text))
            return
        undo_token = requests.undo_in(answer)
        if undo_token and attempt.facts:
            self.own.append((undo_token, presses.undos(attempt.facts)))
        at = attempt.event["requestContext"]["timeEpoch"]
        # The page repeats a form that could not be saved. It gives the attacker nothing new.
        requested = attempt.event["rawQueryString"].partition("=")[2]
        known = {undo_token, requested, *self._sent, *dict(self.own)}
        shown = [token for token in dict.fromkeys(_SHOWN.findall(text)) if token not in known]
        links = dict.fromkeys(_CONFIRMATION.findall(text))
        self._next += [self._undo(attempt.who, token, at) for token in shown]
        self._next += [self._confirm(attempt.who, link, at) for link in links]

    # ---- Attacks

    def _mint(self, step: Step) -> Attempt:
        """Makes links of today with a key that has only the scope `links`."""
        who = step.what["who"]
        body = {"topic": "offers", "addresses": [SPELLINGS[who][0]]}
        event = requests.by_key(self.stage.powerless_key, "/v1/links", body, step.at)
        return Attempt("check", event, who, changes_nothing=True)

    def _link(self, step: Step, kind: str) -> str:
        """Returns the path of a link: a made one if there is one and it is requested."""
        what = step.what
        held = self._links.get(what["who"], {}) if what["minted"] else {}
        purpose = TokenPurpose.UNSUBSCRIBE if kind == "u" else TokenPurpose.PREFERENCES
        scope = _scope(step) if kind == "u" else 1
        made = self.stage.token(what["who"], scope, what["issued"], purpose, 1)
        return f"/{kind}/{held.get(kind, made)}"

    def _save(self, step: Step, form: Mapping[str, str], *facts: Fact) -> Attempt:
        path, press = self._link(step, "p"), step.what["press"]
        event = http_event("POST", path, form=form, at=step.at, request_id=press)
        return Attempt("save", event, step.what["who"], facts, changes_nothing=not facts)

    def _all_on(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        fields = ["targeted-advertising", *(f"topic.{name}" for name in _TOPICS)]
        shown = {f"was.{name}": "out" for name in fields} if step.what["from_end"] > 1 else {}
        return self._save(step, {**shown, **dict.fromkeys(fields, "in")})

    def _all_in(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        return self._save(step, {"all": "in"})

    def _resume(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        return self._save(step, {"pause": "0"})

    def _shorter(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        who, at, press = step.what["who"], step.at, step.what["press"]
        until = Millis(at + 30 * DAY)
        paused = Fact(who, "p:1", at, "preference-centre", until, press=press)
        return self._save(step, {"pause": "30"}, paused)

    def _press(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        what = {**step.what, "how": "this", "signal": False, "scope": _scope(step)}
        path, press = self._link(step, "u"), what["press"]
        event = http_event("POST", path, form={"scope": "this"}, at=step.at, request_id=press)
        return Attempt("press", event, what["who"], requests.press_facts(what, step.at))

    def _undo(self, who: int, text: str, at: Millis, facts: tuple[Fact, ...] = ()) -> Attempt:
        self._sent.add(text)
        link = self.stage.token(who, 1, at, TokenPurpose.PREFERENCES, 1)
        event = http_event("POST", f"/p/{link}", form={"undo": text}, at=at)
        return Attempt("undo", event, who, facts, changes_nothing=not facts)

    def _undo_from(self, step: Step, held: Sequence[OwnUndo]) -> Attempt:
        """Uses one of the attacker's own Undo tokens. For its own press, within the hour, this is allowed."""
        if not held:
            return self._undo_made_up(step, held)
        text, undos = held[-step.what["from_end"] :][0]
        facts = undos if requests.is_fresh(undos, step.at) else ()
        return self._undo(undos[0].who, text, Millis(step.at), facts)

    def _undo_own(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        return self._undo_from(step, self.own)

    def _undo_by_another_link(self, step: Step, leaked: Sequence[OwnUndo]) -> Attempt:
        """Uses a valid token on another person's link."""
        held = [*leaked, *self.own]
        if not held:
            return self._undo_made_up(step, held)
        text, undos = held[-step.what["from_end"] :][0]
        return self._undo(1 - undos[0].who, text, step.at)

    def _undo_made_up(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        """Forges a token for all scopes: the attacker knows the format but has no key."""
        who, at = step.what["who"], step.at
        token = UndoToken(self.stage.ids[who], scope_numbers(0, 1, 2, 3, 5, 12), Millis(at), "0" * 32)
        return self._undo(who, undo.mint_undo_token(token, 1, _GUESS), Millis(at))

    def _page(self, step: Step, kind: str, name: str) -> Attempt:
        """Requests a page that shows an Undo to the person who got one, with other parameters."""
        who, at = step.what["who"], step.at
        guesses = ("1", "x" * 80, self._undo_made_up(step, ()).event["rawPath"])
        guess = guesses[step.what["from_end"] - 1]
        event = http_event("GET", self._link(step, kind), query={name: guess}, at=at)
        return Attempt("press" if kind == "u" else "save", event, who, changes_nothing=True)

    def _done(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        return self._page(step, "u", "done")

    def _saved(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        return self._page(step, "p", "saved")

    def _ask(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        """Uses the form for people without a link; the mail goes to another person's mailbox."""
        who = step.what["who"]
        fields = [("address", SPELLINGS[who][0]), ("intent", "in"), ("resume", "*,meridian")]
        form = [*fields, *(("topics", name) for name in _TOPICS)]
        event = http_event("POST", "/subscribe", form=form, at=step.at)
        return Attempt("form", event, who, changes_nothing=True)

    def _confirm(self, who: int, text: str, at: Millis) -> Attempt:
        return Attempt(
            "form", http_event("POST", f"/c/{text}", at=at), who, changes_nothing=True, must_fail=True
        )

    def _confirm_made_up(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        who, at = step.what["who"], step.at
        token = ConfirmationToken(
            self.stage.ids[who],
            Intent.IN,
            scope_numbers(2, 3, 5),
            Millis(at),
            b"",
            scope_numbers(0, 1),
            scope_numbers(7),
        )
        return self._confirm(who, confirmation_token.mint_confirmation_token(token, _GUESS), at)

    def _confirm_by_another(self, step: Step, leaked: Sequence[OwnUndo]) -> Attempt:
        """Uses a text that was signed for another purpose."""
        who = step.what["who"]
        held = [text for text, _ in (*leaked, *self.own)] or [self._link(step, "p")[3:]]
        return self._confirm(who, held[-1], step.at)

    def _change(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        change = {"scope": "*", "state": "in", "source": "agent", "reference": "made up"}
        return self._call(step, "/v1/changes", change)

    def _lift(self, step: Step, _: Sequence[OwnUndo]) -> Attempt:
        register = ("complaint", "hold", "undeliverable")[step.what["from_end"] - 1]
        lift = {"register": register, "reason": "made up", "reference": "made up", "scope": "*"}
        return self._call(step, "/v1/lifts", lift)

    def _call(self, step: Step, path: str, fields: Mapping[str, str]) -> Attempt:
        who = step.what["who"]
        body = {"address": SPELLINGS[who][0], **fields}
        event = requests.by_key(self.stage.powerless_key, path, body, step.at)
        return Attempt("agent", event, who, changes_nothing=True, must_fail=True)


def _scope(step: Step) -> int:
    return 2 if step.what["minted"] else int(step.what["scope"])


Attack = Callable[[Attacker, Step, Sequence[OwnUndo]], Attempt]
ATTACKS: dict[str, Attack] = {
    "a form turns everything on": Attacker._all_on,
    "a form contains all=in": Attacker._all_in,
    "a link ends a pause": Attacker._resume,
    "a link makes a pause shorter": Attacker._shorter,
    "the attacker presses a link": Attacker._press,
    "the attacker undoes their own press": Attacker._undo_own,
    "the attacker uses the Undo of a page that leaked": Attacker._undo_from,
    "the attacker undoes another person's press": Attacker._undo_by_another_link,
    "the attacker forges an Undo": Attacker._undo_made_up,
    "the attacker opens the page after a press": Attacker._done,
    "the attacker opens the page after a save": Attacker._saved,
    "the attacker requests a confirmation mail": Attacker._ask,
    "the attacker forges a confirmation": Attacker._confirm_made_up,
    "the attacker uses another token as a confirmation": Attacker._confirm_by_another,
    "a key without `write` sends a change": Attacker._change,
    "a key without `privacy` sends a lift": Attacker._lift,
}
"""How each of tests.simulation.nemesis.MEANS is done."""
