"""The API of Heed for a sender in Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal
from urllib.parse import urlencode

from heed.client.answers import ChangeAnswer, LinksAnswer, PersonCheck, PersonDecision, read_links
from heed.client.batches import (
    CHANGES_PER_REQUEST,
    PEOPLE_PER_REQUEST,
    People,
    choose_people,
    split_evenly,
)
from heed.client.failures import NotUnderstood
from heed.client.feed import FeedPage
from heed.client.members import Members
from heed.client.new_change import NewChange, When, format_when
from heed.client.topics import TopicsAnswer
from heed.client.transport import DEFAULT_RETRIES, RetryRules, Transport
from heed.domain.errors import InvalidRecipient
from heed.domain.recipients.recipient import parse_recipient

_PAGE_SIZE = 1_000


class Heed:
    """The API of a deployment, with one API key. It can be used by several threads.

    Each method raises `Refused`, `NoAnswer` or `NotUnderstood` if there is no answer that counts. Then send
    no mail.

    Args:
        url: the URL of the deployment: https, or on this machine.
        key: the API key. Each method needs one scope of it.
        retries: how long a request is tried.

    Raises:
        InvalidSetting: the URL or the key cannot be used.
    """

    def __init__(self, url: str, key: str, *, retries: RetryRules = DEFAULT_RETRIES) -> None:
        self._transport = Transport(url, key, retries)

    def __repr__(self) -> str:
        return f"Heed({self._transport.url!r})"

    def check(
        self,
        topic: str,
        addresses: Iterable[str] | None = None,
        *,
        recipients: Iterable[str] | None = None,
    ) -> Iterator[PersonCheck]:
        """Checks whether a topic may be sent to people now. The key needs the scope `check`.

        It requests a thousand answers when the first of them is read.

        Args:
            topic: the name of the topic.
            addresses: of the people; or give `recipients`.
            recipients: the recipient ids of the people.

        Returns:
            An answer for each person, in the same order.
        """
        return self._check(topic, choose_people(addresses, recipients))

    def _check(self, topic: str, people: People) -> Iterator[PersonCheck]:
        for names in split_evenly(people.names, PEOPLE_PER_REQUEST):
            answer = Members(self._transport.post("/v1/check", {"topic": topic, people.member: names}))
            as_of = answer.time("as_of")
            results = _match(answer.objects("results"), names, people.member)
            yield from [
                PersonCheck.from_members(result, name, as_of)
                for result, name in zip(results, names, strict=True)
            ]

    def links(
        self,
        topic: str,
        addresses: Iterable[str] | None = None,
        *,
        recipients: Iterable[str] | None = None,
        refs: Iterable[str] | None = None,
        campaign: str | None = None,
        lang: str | None = None,
    ) -> Iterator[LinksAnswer]:
        """Makes links and headers for one mail to each person. The key needs the scope `links`.

        Args:
            topic: the name of the topic.
            addresses: of the people; or give `recipients`.
            recipients: the recipient ids of the people.
            refs: your own id of each person, in the same order, "" for none. Never an address.
            campaign: the campaign, which becomes part of the evidence.
            lang: the language of the pages.

        Returns:
            The links of each person in the same order, or `NoLinks` if the person is not valid.

        Raises:
            ValueError: at the first answer of a batch: there are not as many refs as people.
        """
        given = {"topic": topic, "campaign": campaign, "lang": lang}
        body = {name: value for name, value in given.items() if value is not None}
        if isinstance(refs, str):
            raise TypeError("give the refs as a list or another iterable of texts")
        return self._links(body, choose_people(addresses, recipients), refs)

    def _links(
        self, given: dict[str, str], people: People, refs: Iterable[str] | None
    ) -> Iterator[LinksAnswer]:
        no_refs = ((name, "") for name in people.names)
        pairs = no_refs if refs is None else zip(people.names, refs, strict=True)
        for batch in split_evenly(pairs, PEOPLE_PER_REQUEST):
            names = [name for name, _ in batch]
            body: dict[str, object] = {**given, people.member: names}
            if refs is not None:
                body["refs"] = [ref for _, ref in batch]
            answer = Members(self._transport.post("/v1/links", body))
            warning = answer.text_or_none("warning") or ""
            found = _match(answer.objects("links"), names, people.member)
            yield from [read_links(link, name, warning) for link, name in zip(found, names, strict=True)]

    def decisions(
        self, address: str | None = None, *, recipient: str | None = None
    ) -> dict[str, PersonDecision]:
        """Returns the decision of each topic about one person, for a page of the person's account.

        The key needs the scope `read`. Heed records the disclosure, with the purpose `data-subject`. `record`
        saves what the person chooses there.

        Args:
            address: of the person; or give `recipient`.
            recipient: the recipient id of the person.
        """
        if (address is None) == (recipient is None):
            raise TypeError("give either an address or a recipient id")
        person = {"recipient": recipient} if address is None else {"address": address}
        body = {**person, "purpose": "data-subject"}
        decisions = Members(self._transport.post("/v1/recipients/lookup", body)).object("decisions")
        return {topic: PersonDecision.from_members(decisions.object(topic)) for topic in decisions.all}

    def record(self, changes: Iterable[NewChange]) -> list[ChangeAnswer]:
        """Records choices of people. The key needs the scope `write`.

        All of them are stored when it returns. If it raises an error, some of them may be stored: record all
        of them again, which is safe.

        Returns:
            What became of each change, in the same order.
        """
        answers: list[ChangeAnswer] = []
        for batch in split_evenly(changes, CHANGES_PER_REQUEST):
            body = {"changes": [change.to_members() for change in batch]}
            results = Members(self._transport.post("/v1/changes", body)).objects("results")
            if len(results) != len(batch):
                raise NotUnderstood("the answer has not one result for each change")
            answers += map(ChangeAnswer.from_members, results)
        return answers

    def request_subscription(
        self,
        address: str,
        intent: Literal["in", "out"],
        topics: Sequence[str] = (),
        *,
        lang: str | None = None,
    ) -> None:
        """Sends a confirmation mail, for a form on your server. The key needs the scope `write`.

        The choice counts only after the click in it. Show the same page to everybody: nobody learns whether
        Heed knows the address.

        Args:
            address: of the person.
            intent: `in` or `out`.
            topics: the topics. Without any, `out` is for everything.
            lang: the language of the mail.
        """
        body: dict[str, object] = {"address": address, "intent": intent}
        if topics:
            body["topics"] = list(topics)
        if lang is not None:
            body["lang"] = lang
        self._transport.post("/v1/subscriptions", body)

    def suppressions(
        self,
        *,
        cursor: str | None = None,
        since: When | None = None,
        reason: str | None = None,
        scope: str | None = None,
        purpose: str | None = None,
    ) -> Iterator[FeedPage]:
        """Yields the pages of a pass of the feed. The key needs the scope `read`.

        Args:
            cursor: of the last page that you have stored; or give `since`, or neither for a first pass.
            since: where the pass begins.
            reason: only suppressions with this reason.
            scope: only suppressions of this scope.
            purpose: the purpose of the disclosure, which is recorded. The default is `sending`.
        """
        filters = {
            "limit": str(_PAGE_SIZE),
            "reason": reason,
            "scope": scope,
            "purpose": purpose,
            "since": None if since is None or cursor is not None else format_when(since),
        }
        query = {name: value for name, value in filters.items() if value is not None}
        return self._suppressions(query, cursor)

    def _suppressions(self, query: dict[str, str], cursor: str | None) -> Iterator[FeedPage]:
        while True:
            start = query if cursor is None else {**query, "cursor": cursor}
            content = self._transport.get(f"/v1/suppressions?{urlencode(start)}")
            page = FeedPage.from_members(Members(content))
            yield page
            if page.is_last:
                return
            if page.cursor == cursor:
                raise NotUnderstood("the pass does not go on")
            cursor = page.cursor

    def topics(self) -> TopicsAnswer:
        """Returns all brands and topics. The key needs the scope `check`, `links` or `read`."""
        return TopicsAnswer.from_members(Members(self._transport.get("/v1/topics")))


def _match(results: list[Members], names: list[str], member: str) -> list[Members]:
    """Returns the results, once each of them is known to be about the person in its place.

    Raises:
        NotUnderstood: one is about another person, or they are fewer or more than the people.
    """
    if len(results) != len(names):
        raise NotUnderstood("the answer has not one result for each person")
    for result, name in zip(results, names, strict=True):
        if member == "addresses":
            matches = result.text_or_none("address") == name
        else:
            matches = result.text_or_none("recipient") in (None, _parse_or_none(name))
        if not matches:
            raise NotUnderstood("the answer is about another person")
    return results


def _parse_or_none(recipient: str) -> str | None:
    try:
        return parse_recipient(recipient)
    except InvalidRecipient:
        return None
