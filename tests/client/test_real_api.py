"""Each method of the client against the real handlers, behind a server on this machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from heed.client import Heed, NewChange, NoLinks, PersonLinks, Refused
from heed.domain.api_key import KeyScope
from tests.cli.server import ApiServer
from tests.support.deployment import World, parts

READER, OTHER = "reader@example.com", "other@example.com"


def out(address: str, scope: str = "*") -> NewChange:
    return NewChange(address=address, scope=scope, state="out")


def test_a_recorded_opt_out_is_answered_by_the_next_check(heed: Heed, world: World) -> None:
    before = [answer.sendable for answer in heed.check("offers", [READER, OTHER])]
    (recorded,) = heed.record([out(READER)])
    stopped, other = heed.check("offers", [READER, OTHER])

    assert before == [True, True]
    assert (recorded.outcome, recorded.is_new, recorded.sendable["offers"]) == ("applied", True, False)
    assert (stopped.sendable, stopped.reason, stopped.source) == (False, "unsubscribed", "api")
    assert stopped.recipient == recorded.recipient == world.recipient(READER)
    assert stopped.since is not None
    assert abs(stopped.as_of - stopped.since) < timedelta(minutes=1)
    assert other.sendable is True


def test_a_check_knows_ids_and_names_what_is_not_valid(heed: Heed, world: World) -> None:
    heed.record([out(READER)])
    who = world.recipient(READER)

    assert [a.sendable for a in heed.check("offers", recipients=[who, world.recipient(OTHER)])] == [
        False,
        True,
    ]
    (invalid,) = heed.check("offers", ["nobody"])
    assert (invalid.sendable, invalid.reason, invalid.recipient) == (False, "invalid", None)
    (invalid,) = heed.check("offers", recipients=["nobody"])
    assert (invalid.sendable, invalid.reason) == (False, "invalid")


def test_the_links_of_a_person_have_the_headers_of_a_mail(heed: Heed, world: World) -> None:
    link, none = heed.links(
        "offers", [READER, "nobody"], refs=["customer-7", ""], campaign="spring", lang="de"
    )

    assert none == NoLinks("nobody", "invalid")
    assert isinstance(link, PersonLinks)
    assert (link.person, link.recipient, link.warning) == (READER, world.recipient(READER), "")
    assert urlsplit(link.unsubscribe_url).query == "c=spring&r=customer-7&lang=de"
    assert link.headers["List-Unsubscribe"].startswith(f"<{link.unsubscribe_url}>, <mailto:")
    assert link.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.tags == {"heed-recipient": link.recipient, "heed-ref": "customer-7"}


def test_the_page_of_an_account_reads_and_saves_choices(heed: Heed, world: World) -> None:
    at = datetime(2026, 3, 5, 9, 12, tzinfo=UTC)
    (saved,) = heed.record(
        [NewChange(address=READER, scope="news", state="out", occurred_at=at, reference="account page 3")]
    )
    decisions = heed.decisions(READER)

    assert saved.is_recorded
    assert (decisions["news"].sendable, decisions["news"].since, decisions["news"].source) == (
        False,
        at,
        "api",
    )
    assert decisions["offers"].sendable is True
    assert heed.decisions(recipient=world.recipient(READER)) == decisions
    with pytest.raises(TypeError):
        heed.decisions()


def test_a_refused_change_names_its_fault_and_nothing_of_its_request_counts(heed: Heed) -> None:
    at = datetime(2026, 3, 5, 9, 12, tzinfo=UTC)
    opt_in_without_proof = NewChange(address=READER, scope="offers", state="in", occurred_at=at)

    with pytest.raises(Refused) as refused:
        heed.record([out(READER), opt_in_without_proof])

    assert (refused.value.status, [f.pointer for f in refused.value.faults]) == (
        422,
        ["/changes/1/reference"],
    )
    assert [answer.sendable for answer in heed.check("offers", [READER])] == [True]


def test_the_feed_has_each_change_and_goes_on_at_its_cursor(heed: Heed, world: World) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    heed.record([out(READER, "news")])
    (page,) = heed.suppressions(since=before)
    heed.record([out(OTHER)])
    (next_page,) = heed.suppressions(cursor=page.cursor)

    (entry,) = page.suppressions
    assert (entry.recipient, entry.reason) == (world.recipient(READER), "topic_unsubscribed")
    assert (entry.scope, entry.excluded, entry.is_lifted, entry.source) == ("news", (), False, "api")
    assert page.is_last
    assert world.recipient(OTHER) in {entry.recipient for entry in next_page.suppressions}
    (empty,) = heed.suppressions(reason="complained", purpose="sending")
    assert empty.suppressions == ()


def test_topics_have_their_brand_kind_and_titles(heed: Heed) -> None:
    listed = heed.topics()

    (default,) = (brand.name for brand in listed.brands if brand.is_default)
    offers = next(topic for topic in listed.topics if topic.name == "offers")
    assert (offers.brand, offers.kind, offers.is_retired) == (default, "marketing", False)
    assert offers.titles["en"]


def test_a_form_on_a_server_sends_a_confirmation_mail_to_everybody_alike(heed: Heed) -> None:
    heed.request_subscription(READER, "in", ["offers"], lang="de")
    heed.request_subscription(OTHER, "out")

    with pytest.raises(Refused) as refused:
        heed.request_subscription(READER, "in")
    assert refused.value.status == 422


def test_a_key_without_the_scope_is_refused(world: World, server: ApiServer) -> None:
    heed = Heed(server.url, parts().api_keys.create("few", "tests", [KeyScope.LINKS])[1])

    with pytest.raises(Refused) as refused:
        next(heed.check("offers", [READER]))
    assert (refused.value.status, refused.value.code) == (403, "not-authorised")


def test_no_url_of_a_request_has_an_address(heed: Heed, server: ApiServer) -> None:
    list(heed.check("offers", [READER]))
    list(heed.links("offers", [READER]))
    heed.decisions(READER)
    heed.record([out(READER)])

    assert [path for _, path, _ in server.requests] == [
        "/v1/check",
        "/v1/links",
        "/v1/recipients/lookup",
        "/v1/changes",
    ]
