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

KnownUndo = tuple[str, tuple[Fact, ...]]
"""An Undo token, and the facts that it states."""

_TOPICS = ("offers", "news", "events", "research")
_UNDO_IN_FORM = re.compile(r'name="undo" value="([^"]+)"')
_CONFIRMATION_LINK = re.compile(r"/c/([\w-]{60,})")
_PERSON_LINK = re.compile(r"/([up])/([\w-]{54})")
_GUESSED_KEY = b"a key that is none"


@dataclass(frozen=True)
class AttackRequest:
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
        deployment: the deployment under attack.
        own_undos: the Undo tokens from their own presses.
    """

    deployment: SimulatedDeployment
    own_undos: list[KnownUndo] = field(default_factory=list)
    _links_by_person: dict[int, dict[str, str]] = field(default_factory=dict)
    _follow_ups: list[AttackRequest] = field(default_factory=list)
    _sent_tokens: set[str] = field(default_factory=set)

    def make_requests(self, step: Step, leaked: Sequence[KnownUndo]) -> Iterator[AttackRequest]:
        """Yields the requests of one attack, and then those that use what the answers contained.

        `leaked` are Undo tokens of other people, newest last, from the addresses of their done pages.
        """
        self._follow_ups, self._sent_tokens = [], set()
        if step.details["minted"]:
            yield self._mint_links(step)
        attack = ATTACK_METHODS[step.details["attack"]]
        if attack is Attacker._use_own_undo and step.details["from_end"] == 1:  # the press comes first
            yield self._press_link(step, leaked)
        yield attack(self, step, leaked)
        yield from self._follow_ups

    def collect_tokens(self, attempt: AttackRequest, answer: Mapping[str, Any]) -> None:
        """Keeps the tokens that an answer contains."""
        text = f"{answer['headers'].get('Location', '')} {answer['body']}"
        if attempt.app == "check":
            self._links_by_person.setdefault(attempt.who, {}).update(_PERSON_LINK.findall(text))
            return
        undo_token = requests.find_undo_token(answer)
        if undo_token and attempt.facts:
            self.own_undos.append((undo_token, presses.undo_facts(attempt.facts)))
        at = attempt.event["requestContext"]["timeEpoch"]
        # The page repeats a form that could not be saved. It gives the attacker nothing new.
        requested = attempt.event["rawQueryString"].partition("=")[2]
        known = {undo_token, requested, *self._sent_tokens, *dict(self.own_undos)}
        shown = [token for token in dict.fromkeys(_UNDO_IN_FORM.findall(text)) if token not in known]
        # The answer to a press leads to the page of the same link.
        path = attempt.event["rawPath"]
        links = [link for link in dict.fromkeys(_CONFIRMATION_LINK.findall(text)) if link not in path]
        self._follow_ups += [self._submit_undo(attempt.who, token, at) for token in shown]
        self._follow_ups += [self._submit_confirmation(attempt.who, link, at) for link in links]

    # ---- Attacks

    def _mint_links(self, step: Step) -> AttackRequest:
        """Makes links of today with a key that has only the scope `links`."""
        who = step.details["who"]
        body = {"topic": "offers", "addresses": [SPELLINGS[who][0]]}
        event = requests.api_request(self.deployment.powerless_key, "/v1/links", body, step.at)
        return AttackRequest("check", event, who, changes_nothing=True)

    def _link_path(self, step: Step, kind: str) -> str:
        """Returns the path of a link. If the step wants a minted link and one is known, it is that link."""
        details = step.details
        links = self._links_by_person.get(details["who"], {}) if details["minted"] else {}
        purpose = TokenPurpose.UNSUBSCRIBE if kind == "u" else TokenPurpose.PREFERENCES
        scope = _scope(step) if kind == "u" else 1
        minted = self.deployment.mint_token(details["who"], scope, details["issued_at"], purpose, 1)
        return f"/{kind}/{links.get(kind, minted)}"

    def _submit_form(self, step: Step, form: Mapping[str, str], *facts: Fact) -> AttackRequest:
        path, press = self._link_path(step, "p"), step.details["press"]
        event = http_event("POST", path, form=form, at=step.at, request_id=press)
        return AttackRequest("save", event, step.details["who"], facts, changes_nothing=not facts)

    def _turn_everything_on(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        fields = ["targeted-advertising", *(f"topic.{name}" for name in _TOPICS)]
        shown = {f"was.{name}": "out" for name in fields} if step.details["from_end"] > 1 else {}
        return self._submit_form(step, {**shown, **dict.fromkeys(fields, "in")})

    def _submit_all_in(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        return self._submit_form(step, {"all": "in"})

    def _end_pause(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        return self._submit_form(step, {"pause": "0"})

    def _shorten_pause(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        who, at, press = step.details["who"], step.at, step.details["press"]
        until = Millis(at + 30 * DAY)
        paused = Fact(who, "p:1", at, "preference-centre", until, press_id=press)
        return self._submit_form(step, {"pause": "30"}, paused)

    def _press_link(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        details = {**step.details, "press_kind": "this", "signal": False, "scope": _scope(step)}
        path, press = self._link_path(step, "u"), details["press"]
        event = http_event("POST", path, form={"scope": "this"}, at=step.at, request_id=press)
        return AttackRequest("press", event, details["who"], requests.press_facts(details, step.at))

    def _submit_undo(self, who: int, text: str, at: Millis, facts: tuple[Fact, ...] = ()) -> AttackRequest:
        self._sent_tokens.add(text)
        link = self.deployment.mint_token(who, 1, at, TokenPurpose.PREFERENCES, 1)
        event = http_event("POST", f"/p/{link}", form={"undo": text}, at=at)
        return AttackRequest("undo", event, who, facts, changes_nothing=not facts)

    def _use_undo(self, step: Step, undo_tokens: Sequence[KnownUndo]) -> AttackRequest:
        """Uses one of the attacker's own Undo tokens. For its own press, within the hour, this is allowed."""
        if not undo_tokens:
            return self._forge_undo(step, undo_tokens)
        text, undos = undo_tokens[-step.details["from_end"] :][0]
        facts = undos if requests.is_undo_valid(undos, step.at) else ()
        return self._submit_undo(undos[0].who, text, Millis(step.at), facts)

    def _use_own_undo(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        return self._use_undo(step, self.own_undos)

    def _use_undo_with_another_link(self, step: Step, leaked: Sequence[KnownUndo]) -> AttackRequest:
        """Uses a valid token on another person's link."""
        undo_tokens = [*leaked, *self.own_undos]
        if not undo_tokens:
            return self._forge_undo(step, undo_tokens)
        text, undos = undo_tokens[-step.details["from_end"] :][0]
        return self._submit_undo(1 - undos[0].who, text, step.at)

    def _forge_undo(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        """Forges a token for all scopes: the attacker knows the format but has no key."""
        who, at = step.details["who"], step.at
        token = UndoToken(
            self.deployment.recipients[who], scope_numbers(0, 1, 2, 3, 5, 12), Millis(at), "0" * 32
        )
        return self._submit_undo(who, undo.mint_undo_token(token, 1, _GUESSED_KEY), Millis(at))

    def _request_page(self, step: Step, kind: str, name: str) -> AttackRequest:
        """Requests a page that shows an Undo to the person who got one, with other parameters."""
        who, at = step.details["who"], step.at
        guesses = ("1", "x" * 80, self._forge_undo(step, ()).event["rawPath"])
        guess = guesses[step.details["from_end"] - 1]
        event = http_event("GET", self._link_path(step, kind), query={name: guess}, at=at)
        return AttackRequest("press" if kind == "u" else "save", event, who, changes_nothing=True)

    def _request_done_page(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        return self._request_page(step, "u", "done")

    def _request_saved_page(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        return self._request_page(step, "p", "saved")

    def _request_confirmation(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        """Uses the form for people without a link; the mail goes to another person's mailbox."""
        who = step.details["who"]
        fields = [("address", SPELLINGS[who][0]), ("intent", "in"), ("resume", "*,meridian")]
        form = [*fields, *(("topics", name) for name in _TOPICS)]
        event = http_event("POST", "/subscribe", form=form, at=step.at)
        return AttackRequest("form", event, who, changes_nothing=True)

    def _submit_confirmation(self, who: int, text: str, at: Millis) -> AttackRequest:
        return AttackRequest(
            "form", http_event("POST", f"/c/{text}", at=at), who, changes_nothing=True, must_fail=True
        )

    def _forge_confirmation(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        who, at = step.details["who"], step.at
        token = ConfirmationToken(
            self.deployment.recipients[who],
            Intent.IN,
            scope_numbers(2, 3, 5),
            Millis(at),
            b"",
            scope_numbers(0, 1),
            scope_numbers(7),
        )
        return self._submit_confirmation(
            who, confirmation_token.mint_confirmation_token(token, _GUESSED_KEY), at
        )

    def _confirm_with_another_token(self, step: Step, leaked: Sequence[KnownUndo]) -> AttackRequest:
        """Uses a text that was signed for another purpose."""
        who = step.details["who"]
        undo_tokens = [text for text, _ in (*leaked, *self.own_undos)] or [self._link_path(step, "p")[3:]]
        return self._submit_confirmation(who, undo_tokens[-1], step.at)

    def _change_without_scope(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        change = {"scope": "*", "state": "in", "source": "agent", "reference": "made up"}
        return self._call_api(step, "/v1/changes", change)

    def _lift_without_scope(self, step: Step, _: Sequence[KnownUndo]) -> AttackRequest:
        register = ("complaint", "hold", "undeliverable")[step.details["from_end"] - 1]
        lift = {"register": register, "reason": "made up", "reference": "made up", "scope": "*"}
        return self._call_api(step, "/v1/lifts", lift)

    def _call_api(self, step: Step, path: str, fields: Mapping[str, str]) -> AttackRequest:
        who = step.details["who"]
        body = {"address": SPELLINGS[who][0], **fields}
        event = requests.api_request(self.deployment.powerless_key, path, body, step.at)
        return AttackRequest("agent", event, who, changes_nothing=True, must_fail=True)


def _scope(step: Step) -> int:
    return 2 if step.details["minted"] else int(step.details["scope"])


Attack = Callable[[Attacker, Step, Sequence[KnownUndo]], AttackRequest]
ATTACK_METHODS: dict[str, Attack] = {
    "a form turns everything on": Attacker._turn_everything_on,
    "a form contains all=in": Attacker._submit_all_in,
    "a link ends a pause": Attacker._end_pause,
    "a link makes a pause shorter": Attacker._shorten_pause,
    "the attacker presses a link": Attacker._press_link,
    "the attacker undoes their own press": Attacker._use_own_undo,
    "the attacker uses the Undo of a page that leaked": Attacker._use_undo,
    "the attacker undoes another person's press": Attacker._use_undo_with_another_link,
    "the attacker forges an Undo": Attacker._forge_undo,
    "the attacker opens the page after a press": Attacker._request_done_page,
    "the attacker opens the page after a save": Attacker._request_saved_page,
    "the attacker requests a confirmation mail": Attacker._request_confirmation,
    "the attacker forges a confirmation": Attacker._forge_confirmation,
    "the attacker uses another token as a confirmation": Attacker._confirm_with_another_token,
    "a key without `write` sends a change": Attacker._change_without_scope,
    "a key without `privacy` sends a lift": Attacker._lift_without_scope,
}
"""How each of tests.simulation.nemesis.ATTACKS is made."""
