"""The pages for the browser: every page in every state, on a local stack of its own.

Each state has its own person on record, so no page depends on a press on another page.
"""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.bootstrap import Heed
from heed.config import Config
from heed.domain.desk.session import IDLE_LIMIT
from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import (
    CONFIRMATION_KEY_ID,
    CONFIRMATION_LIFETIME,
    ConfirmationToken,
    Intent,
)
from heed.domain.opt_in.confirmation_token import mint_confirmation_token as mint_confirmation
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    DAY_MS,
    HOLD,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from heed.domain.recipients.recipient import recipient_from_bytes, recipient_id
from local.aws import Clients, make_session
from local.desk_people import create_desk_person
from tests.support.registers import out, pause, scope_numbers
from tests.web.matrix import LANGUAGES, Visit

OFFERS, NEWS, RESEARCH = 2, 3, 5
MERIDIAN = 1
SIGNAL = {"Sec-GPC": "1"}
# A prefetched page writes nothing for the signal, and offers a button.
AHEAD = {**SIGNAL, "Sec-Purpose": "prefetch"}
APPLIED, SEEN = "[aria-labelledby=signal]:not(:has(button))", "[aria-labelledby=signal] button"
THIS, EVERYTHING = "button[value=this]", "button[value=all]"
SAVE = "form > .actions > button:not([name])"

# How the browser opens a page: `state` (the first word is the page), `url`, `shows` (a selector that only
# this state has), and, if needed, `status` (200), `headers`, `fill` (text by selector), `check`, `uncheck`
# and `press` (selectors), and `forget` (the browser loses its cookies). `meanwhile` is what another tab
# fills and presses first. `then` has more steps of this kind, each on the page that the step before led to.
# A page of the desk has `desk`, `page`, and `person`, who signs in.


class LocalStack:
    """A local stack, and people on it: `stack` is the content of its ready file."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self._stack = stack
        self._clients = Clients(stack["aws"])
        self._people = 0
        self.site: str = stack["api"]
        self.issuer: str = stack["aws"]
        self.now = time.time_ns() // 1_000_000

    @cached_property
    def _heed(self) -> Heed:
        outputs = self._stack["outputs"]
        settings = {
            "IDENTITY_KEY": outputs["IdentityKeyArn"],
            "LINKS_KEY": outputs["LinksKeyArn"],
            "CONFIRMATION_KEY": self._environment("resubscribe")["CONFIRMATION_KEY"],
        }
        return self._parts(settings)

    def parts_of(self, function: str) -> Heed:
        """Returns the parts that a function of the stack has."""
        return self._parts(self._environment(function))

    def recipient(self, address: str) -> str:
        """Returns the recipient id of an address."""
        return recipient_id(self._heed.identity_key.identity_key(), address)

    def send(self, path: str, body: Mapping[str, str]) -> dict[str, Any]:
        """Returns the answer of the API to a request with a body."""
        key = {"authorization": f"Bearer {self._stack['api_key']}"}
        answer = httpx.post(f"{self.site}{path}", json=body, headers=key, timeout=60, trust_env=False)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def unsubscribe(self, scope: int = OFFERS, *changes: Change) -> str:
        """Returns the path of a link of a new person with these choices."""
        return f"/u/{self._link(TokenPurpose.UNSUBSCRIBE, scope, changes)}"

    def preferences(self, *changes: Change) -> str:
        """Returns the path of a link to the preference centre, likewise."""
        return f"/p/{self._link(TokenPurpose.PREFERENCES, OFFERS, changes)}"

    def person_at_desk(self, role: str) -> dict[str, str]:
        """Returns the person who has a role at the desk, `agent` or `privacy`, with the password."""
        (person,) = (each for each in self._stack["desk"]["users"] if each["role"] == role)
        return dict(person)

    def new_officer(self) -> dict[str, str]:
        """Creates a second person who is a privacy officer, and returns the name and the password."""
        (pool,) = self._clients.cognito.list_user_pools(MaxResults=2)["UserPools"]
        officer = create_desk_person(
            self._clients, pool["Id"], "second-officer", "Sam Second", "privacy", "desk-privacy"
        )
        return asdict(officer)

    @cached_property
    def brand_agent(self) -> dict[str, str]:
        """An agent of the sample brand alone, whom this creates: the name and the password."""
        (pool,) = self._clients.cognito.list_user_pools(MaxResults=2)["UserPools"]
        group = "desk-agents/meridian"
        self._clients.cognito.create_group(GroupName=group, UserPoolId=pool["Id"])
        agent = create_desk_person(self._clients, pool["Id"], "brand-agent", "Bea Brand", "agent", group)
        return asdict(agent)

    def address(self, *changes: Change) -> str:
        """Returns the address of a new person with these choices."""
        self._person(changes)
        return self._newest_address

    def confirmation(
        self,
        intent: Intent,
        *scopes: int,
        age: int = 60_000,
        changes: Iterable[Change] = (),
        resume: tuple[int, ...] = (),
    ) -> str:
        """Returns the path of a confirmation link that was requested `age` milliseconds ago."""
        what = ConfirmationToken(
            self._person(changes),
            intent,
            scope_numbers(*scopes),
            Millis(self.now - age),
            b"sealed",
            resume=scope_numbers(*resume),
        )
        key = self._heed.confirmation_keys.confirmation_key(CONFIRMATION_KEY_ID)
        return f"/c/{mint_confirmation(what, key)}"

    def store_choice(
        self, register: Register, source: Source = Source.LINK, days: int | None = None, evidence: str = "{}"
    ) -> Change:
        """A choice that was made yesterday; for a pause, its length in days."""
        at = Millis(self.now - DAY_MS)
        until = Millis(at + days * DAY_MS) if days else None
        return Change(register, Entry(at, source, evidence, "2026-01", until))

    def count_changes(self, link: str) -> int:
        """Returns how often the record of the person of a link has changed."""
        recipient = recipient_from_bytes(base64.urlsafe_b64decode(link[3:] + "==")[2:18])
        table = PreferencesTable(self._clients.dynamodb, self._stack["outputs"]["PreferencesTable"])
        return table.read(recipient).revision

    def change_policy(self, folder: Path) -> None:
        """Deploys a brand in a new folder whose privacy policy changed: first materially, then slightly."""
        shutil.copytree(self._environment("preferences")["BRAND_DIR"], folder)  # other stacks have the same
        file = folder / "catalogue.json"
        catalogue = json.loads(file.read_text(encoding="utf-8"))
        summary = catalogue["topics"][0]["descriptions"]
        for version, material in (("2026-02", True), ("2026-03", False)):
            more = {"version": version, "effective": f"{version}-01", "summary": summary}
            catalogue["policies"].append({**more, "material": material})
        file.write_text(json.dumps(catalogue), encoding="utf-8")
        for function in ("preferences", "unsubscribe"):
            self._restart(function, BRAND_DIR=str(folder))

    def end_sessions(self) -> None:
        """Lets so much time pass that all sessions of the desk are idle for too long."""
        table, sessions = self._stack["outputs"]["ControlTable"], {":desk": {"S": "desk#"}}
        found = self._clients.dynamodb.scan(
            TableName=table, FilterExpression="begins_with(pk, :desk)", ExpressionAttributeValues=sessions
        )["Items"]
        for item in found:
            used = {"N": str(int(item["used"]["N"]) - IDLE_LIMIT)}
            self._clients.dynamodb.put_item(TableName=table, Item={**item, "used": used})
        self._restart("desk", RESTARTED="yes")  # a warm function remembers them for a minute

    def damage(self, key: str, attribute: str) -> None:
        """Overwrites an attribute of an item of the table `Control` with what nobody can read."""
        self._clients.dynamodb.update_item(
            TableName=self._stack["outputs"]["ControlTable"],
            Key={"pk": {"S": key}},
            UpdateExpression="SET #damaged = :junk",
            ExpressionAttributeNames={"#damaged": attribute},
            ExpressionAttributeValues={":junk": {"S": "junk"}},
        )

    def lose_the_table(self) -> None:
        """Deletes the preferences table, so nothing can be read or stored."""
        table = self._stack["outputs"]["PreferencesTable"]
        self._clients.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        self._clients.dynamodb.delete_table(TableName=table)

    def _parts(self, settings: Mapping[str, str]) -> Heed:
        return Heed(Config(settings), partial(make_session().client, endpoint_url=self._stack["aws"]))

    @property
    def _newest_address(self) -> str:
        return f"reader{self._people}@example.com"

    def _restart(self, function: str, **variables: str) -> None:
        """Changes the environment of a function, so that its warm processes end."""
        self._clients.lambda_.update_function_configuration(
            FunctionName=self._name(function),
            Environment={"Variables": {**self._environment(function), **variables}},
        )

    def _name(self, function: str) -> str:
        return str(self._stack["outputs"]["functions"][function])

    def _environment(self, function: str) -> dict[str, str]:
        found = self._clients.lambda_.get_function_configuration(FunctionName=self._name(function))
        return dict(found["Environment"]["Variables"])

    def _link(self, purpose: TokenPurpose, scope: int, changes: Iterable[Change]) -> str:
        token = LinkToken(self._person(changes), ScopeNumber(scope), Millis(self.now - DAY_MS), 1)
        return mint_link_token(token, purpose, self._heed.link_keys.link_key(purpose, 1))

    def _person(self, stored: Iterable[Change]) -> str:
        self._people += 1
        recipient = self.recipient(self._newest_address)
        if changes := list(stored):
            table = PreferencesTable(self._clients.dynamodb, self._stack["outputs"]["PreferencesTable"])
            table.apply(recipient, changes, Millis(self.now))
        return recipient


def everywhere(stage: LocalStack) -> Iterator[Visit]:
    """Every page that a healthy stack has, in every language."""
    for language in LANGUAGES:
        for visit in (*_links(stage), *_centres(stage), *_forms(), *_confirmations(stage)):
            yield _in(language, visit)
    yield from _local_pages()


def _local_pages() -> list[Visit]:
    return [
        {"state": "the local page", "url": "/_local/", "shows": "form[action=one-click]"},
        {"state": "the local page, a person", "url": "/_local/?q=ada@example.com", "shows": ".steps"},
        {"state": "the local page, a search", "url": "/_local/?q=out", "shows": "h1:not(.hidden)"},
        {"state": "the local page, a list", "url": "/_local/records", "shows": "tbody a"},
        {"state": "the local page, a campaign", "url": "/_local/campaign", "shows": ".from form"},
    ]


def policy_changed(stage: LocalStack) -> Iterator[Visit]:
    """The pages that mention a changed privacy policy."""
    for language in LANGUAGES:
        for visit in (
            {"state": "landing", "url": stage.unsubscribe()},
            {"state": "preferences", "url": stage.preferences()},
        ):
            yield _in(language, {**visit, "shows": "#policy ~ form button[value='2026-02']"})


def unavailable(stage: LocalStack) -> Iterator[Visit]:
    """The pages while the store does not answer; an opt-out by POST is kept."""
    for language in LANGUAGES:
        visit = {"url": stage.unsubscribe(), "status": 503}
        yield _in(language, {**visit, "state": "unavailable", "shows": "a.button[href='']"})
        shows = "form input[name=scope][value=all]"
        result = {**visit, "url": f"{visit['url']}?done=1", "shows": "a.button[href='']"}
        yield _in(language, {**result, "state": "unavailable, after a press"})
        yield _in(language, {**visit, "state": "unavailable, kept", "post": "scope=all", "shows": shows})


def _in(language: str, visit: Visit) -> Visit:
    path, _, query = visit["url"].partition("?")
    query = "&".join(part for part in (query, urlencode({"lang": language})) if part)
    shows = f"html[lang={language}]:has({visit['shows']})"
    return {**visit, "language": language, "url": f"{path}?{query}", "shows": shows}


def _links(stage: LocalStack) -> list[Visit]:
    landing, held = stage.unsubscribe(), stage.unsubscribe(OFFERS, stage.store_choice(HOLD, Source.AGENT))
    return [
        {"state": "landing", "url": f"{landing}?c=may", "shows": f"{THIS} + {EVERYTHING}"},
        {
            "state": "landing of everything",
            "url": stage.unsubscribe(ALL_SCOPES),
            "shows": EVERYTHING,
        },
        {
            "state": "landing, with a signal",
            "url": stage.unsubscribe(),
            "headers": SIGNAL,
            "shows": APPLIED,
        },
        {
            "state": "landing, with a signal, loaded ahead",
            "url": stage.unsubscribe(),
            "headers": AHEAD,
            "shows": SEEN,
        },
        {
            "state": "done",
            "url": stage.unsubscribe(),
            "press": THIS,
            "shows": ".tick ~ .after [name=undo]",
        },
        {
            "state": "done with everything, with a signal",
            "url": stage.unsubscribe(),
            "headers": SIGNAL,
            "press": EVERYTHING,
            "shows": ".tick ~ .after [name=undo]",
        },
        *_people_who_are_out(stage),
        {"state": "neutral", "url": held, "shows": ".ways:not(form ~ .ways)"},
        {"state": "not found", "url": "/u/nonsense", "status": 404, "shows": ".actions ~ .ways"},
    ]


def _people_who_are_out(stage: LocalStack) -> Iterator[Visit]:
    """The pages of people whose choice is on record when they open the link."""
    stopped, bounced = stage.store_choice(out(OFFERS)), stage.store_choice(UNDELIVERABLE, Source.BOUNCE)
    everything = stage.store_choice(out(ALL_SCOPES), Source.ONE_CLICK)
    nothing_left = "main:not(:has(button)) > h1 + p time[datetime] "
    paused = (stage.store_choice(pause(MERIDIAN), days=30), bounced)
    for state, scope, changes, shows in (
        ("a topic", OFFERS, [stopped], f"h1 + p:has(time[datetime]) + form:not(:has({THIS})) {EVERYTHING}"),
        ("everything", OFFERS, [everything], nothing_left),
        ("everything, a complaint", NEWS, [stage.store_choice(COMPLAINT, Source.COMPLAINT)], nothing_left),
        ("a topic, bounced", OFFERS, [stopped, bounced], f".notice + form {EVERYTHING}"),
        ("not yet in", RESEARCH, [], f"h1 + p:not(:has(time)) + form {EVERYTHING}"),
    ):
        yield {"state": f"out: {state}", "url": stage.unsubscribe(scope, *changes), "shows": shows}
    shows = f"#paused time[datetime]:is(section + .notice ~ form:has({THIS}) *, #paused *)"
    yield {"state": "landing, paused", "url": stage.unsubscribe(OFFERS, *paused), "shows": shows}


def _centres(stage: LocalStack) -> list[Visit]:
    research, news = "input[name='topic.research']", "input[name='topic.news']"
    paused = stage.preferences(
        stage.store_choice(pause(MERIDIAN), days=30),
        stage.store_choice(pause(NEWS), days=60),
        stage.store_choice(UNDELIVERABLE, Source.BOUNCE),
    )
    reported = stage.preferences(
        stage.store_choice(pause(MERIDIAN), days=30), stage.store_choice(COMPLAINT, Source.COMPLAINT)
    )
    return [
        {"state": "preferences", "url": stage.preferences(), "shows": "[name=all]"},
        {
            "state": "preferences, something stopped, with a signal",
            "url": stage.preferences(stage.store_choice(out(OFFERS), Source.ONE_CLICK)),
            "headers": SIGNAL,
            "shows": APPLIED,
        },
        {
            "state": "preferences, with a signal, loaded ahead",
            "url": stage.preferences(),
            "headers": AHEAD,
            "shows": SEEN,
        },
        {"state": "preferences, paused", "url": paused, "shows": "#paused"},
        {
            "state": "preferences, reported as spam",
            "url": reported,
            "shows": "main:not(:has(#paused, [name=all]))",
        },
        {
            "state": "preferences, all off",
            "url": stage.preferences(
                stage.store_choice(out(ALL_SCOPES)), stage.store_choice(out(7), Source.SIGNAL)
            ),
            "headers": SIGNAL,
            "shows": "main:not(:has([name=all]))",
        },
        {
            "state": "preferences, saved",
            "url": stage.preferences(),
            "uncheck": news,
            "press": SAVE,
            "shows": "[role=status] + form [name=undo]",
        },
        {
            "state": "preferences, undone",
            "url": stage.preferences(),
            "uncheck": news,
            "press": SAVE,
            "then": [{"press": "[name=undo]"}],
            "shows": f"[role=status] ~ form {news}:checked",
        },
        {
            "state": "preferences, nothing to save",
            "url": stage.preferences(),
            "press": SAVE,
            "shows": "[role=status] ~ h1:not(:has(~ form [name=undo]))",
        },
        {
            "state": "preferences, everything stopped",
            "url": stage.preferences(),
            "press": "[name=all]",
            "shows": "main:not(:has([name=all], [name=pause])) > [role=status] + form [name=undo]",
        },
        {
            "state": "preferences, unread",
            "url": stage.preferences(),
            "post": "nothing=of+ours",
            "status": 422,
            "shows": "[role=alert]:focus",
        },
        {
            "state": "preferences, the end of a pause",
            "url": stage.preferences(stage.store_choice(pause(MERIDIAN), days=30)),
            "press": "button[name=pause][value='0']",
            "shows": "form [name=resume]:checked",
        },
        {
            "state": "preferences, a consent",
            "url": stage.preferences(),
            "check": research,
            "press": SAVE,
            "shows": "form [value=research]:checked",
        },
        {
            "state": "preferences, a consent beside a save",
            "url": stage.preferences(),
            "check": research,
            "uncheck": news,
            "press": SAVE,
            "shows": "[role=status] ~ form [value=research]:checked",
        },
        {
            "state": "preferences, a consent without an address",
            "url": stage.preferences(),
            "check": research,
            "press": SAVE,
            "then": [{"press": SAVE}],
            "status": 422,
            "shows": ".mistakes:focus ~ form [name=preferences]",
        },
        {
            "state": "preferences, a consent that was accepted",
            "url": stage.preferences(),
            "check": research,
            "press": SAVE,
            "then": [{"fill": {"#address": "reader@example.com"}, "press": SAVE}],
            "status": 202,
            "shows": "form:has([name=edit]) ~ .onward a[href^='/p/']",
        },
    ]


def _forms() -> list[Visit]:
    address, send = "input[name=address]", "button"
    way_out = {"url": "/subscribe?intent=out", "press": send}
    return [
        {"state": "subscribe", "url": "/subscribe", "shows": "[name=topics]:not(:checked)"},
        {
            "state": "subscribe, out",
            "url": "/subscribe?intent=out",
            "shows": "[name=intent][value=out]",
        },
        {
            "state": "subscribe, no address",
            "url": "/subscribe",
            "fill": {address: "reader at example"},
            "check": "[value=news]",
            "press": send,
            "status": 422,
            "shows": "#address-error + [aria-invalid]",
        },
        {
            "state": "subscribe, all mistakes",
            "url": "/subscribe",
            "press": send,
            "status": 422,
            "shows": ".mistakes:focus:has([href='#address']):has([href='#topic-offers'])",
        },
        {
            "state": "subscribe, no topic",
            "url": "/subscribe",
            "fill": {address: "reader@example.com"},
            "press": send,
            "status": 422,
            "shows": "#topics-error",
        },
        {
            **way_out,
            "state": "accepted",
            "fill": {address: "reader@example.com"},
            "status": 202,
            "shows": "form:has([name=edit]):not(:has(~ .onward))",
        },
        {
            **way_out,
            "state": "subscribe, changed",
            "fill": {address: "reader@example.com"},
            "then": [{"press": "[name=edit]"}],
            "shows": "#address[value='reader@example.com']",
        },
    ]


def _confirmations(stage: LocalStack) -> list[Visit]:
    def some(intent: Intent) -> str:
        return stage.confirmation(intent, NEWS, RESEARCH)

    def resume(*changes: Change) -> str:
        paused = stage.store_choice(pause(MERIDIAN), days=30)
        return stage.confirmation(Intent.IN, resume=(MERIDIAN,), changes=[paused, *changes])

    bounced, stopped = stage.store_choice(UNDELIVERABLE, Source.BOUNCE), stage.store_choice(out(ALL_SCOPES))
    no_effect = resume(stopped)
    late = stage.confirmation(Intent.IN, NEWS, age=DAY_MS + 60_000, changes=[stage.store_choice(out(NEWS))])
    old = stage.confirmation(Intent.IN, NEWS, age=CONFIRMATION_LIFETIME)
    return [
        {"state": "confirm", "url": some(Intent.IN), "shows": "ul ~ form button"},
        {"state": "confirmed", "url": some(Intent.IN), "press": "button", "shows": ".tick ~ ul"},
        {"state": "confirm, the end of a pause", "url": resume(), "shows": "ul ~ form button"},
        {"state": "confirmed, the end of a pause", "url": resume(), "press": "button", "shows": ".tick ~ ul"},
        {"state": "confirmed, bounced", "url": resume(bounced), "press": "button", "shows": ".tick ~ ul"},
        {"state": "confirm, out of some", "url": some(Intent.OUT), "shows": "ul ~ form button"},
        {
            "state": "confirmed, out of some",
            "url": some(Intent.OUT),
            "press": "button",
            "shows": ".tick ~ ul",
        },
        {
            "state": "confirm, out",
            "url": stage.confirmation(Intent.OUT),
            "shows": "main:not(:has(ul)) form button",
        },
        {
            "state": "confirmed, out",
            "url": stage.confirmation(Intent.OUT),
            "press": "button",
            "shows": ".tick + h1",
        },
        *(
            {
                "state": f"confirmed {state}",
                "url": link,
                "press": "button",
                "shows": "main:not(:has(.tick, form, .button)) .onward",
            }
            for state, link in (("too late", late), ("without effect", no_effect))
        ),
        {"state": "expired", "url": old, "status": 410, "shows": ".button[href^='/subscribe']"},
    ]
