"""Examples of the decision: one test for each rule. test_decision.py tests it on generated records."""

from __future__ import annotations

import pytest

from heed.codec.record import decode_register
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import Decision, decide
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
)
from tests.support.catalogues import CATALOGUE
from tests.support.registers import in_

NOW = Millis(1000)


def record(*facts: str) -> Record:
    """Returns the record of texts such as `*=out@5`, `offers=in@6`, `x:hold@7` or `*=pause@5-90`."""
    changes = []
    for fact in facts:
        name, _, times = fact.partition("@")
        at, _, until = times.partition("-")
        entry = Entry(Millis(int(at)), Source.API, "{}", until=Millis(int(until)) if until else None)
        scope, _, state = name.partition("=")
        kind = {"out": "o", "in": "i", "pause": "p", "yes": "k"}.get(state)
        register = f"{kind}:{CATALOGUE.scope_number(scope)}" if kind else name
        changes.append(Change(decode_register(register), entry))
    return merge_changes(EMPTY_RECORD, changes)


def soft(*days: int, lift: Millis | None = None) -> Record:
    changes = [Change(SOFT_BOUNCE, Entry(Millis(day * DAY_MS), Source.BOUNCE, "{}")) for day in days]
    if lift is not None:
        changes.append(Change(LIFT_UNDELIVERABLE, Entry(lift, Source.AGENT, "{}")))
    return merge_changes(EMPTY_RECORD, changes)


def decision_for(stored: Record, topic: str, now: Millis = NOW) -> Decision:
    return decide(stored, CATALOGUE.topic_by_name(topic), now)


def reason(stored: Record, topic: str, now: Millis = NOW) -> str:
    return decision_for(stored, topic, now).reason.value


def sendable(stored: Record) -> set[str]:
    return {CATALOGUE.scope_name(n) for n, t in CATALOGUE.topics.items() if decide(stored, t, NOW).sendable}


def test_an_opt_in_to_offers_after_an_opt_out_of_everything_allows_only_offers() -> None:
    marketing = sendable(record("*=out@5", "offers=in@6")) - {
        "service",
        "aurora/repairs",
        "targeted-advertising",
    }
    assert marketing == {"offers"}


def test_a_general_opt_in_does_not_lift_an_earlier_opt_out_of_offers() -> None:
    stored = record("offers=out@5", "*=in@6")
    assert reason(stored, "offers") == "topic_unsubscribed"
    assert reason(stored, "news") == "ok"


def test_at_the_same_instant_the_opt_out_wins() -> None:
    assert reason(record("offers=out@5", "offers=in@5"), "offers") == "topic_unsubscribed"
    assert reason(record("*=out@5", "offers=yes@5"), "offers") == "unsubscribed"
    assert reason(record("x:complaint@5", "offers=yes@5"), "offers") == "complained"
    assert reason(record("x:hold@5", "l:hold@5"), "offers") == "hold"
    assert reason(record("x:undeliverable@5", "l:undeliverable@5"), "offers") == "undeliverable"
    assert reason(record("offers=pause@5-2000", "offers=in@5"), "offers") == "paused"


def test_an_opt_in_to_one_brand_lifts_no_suppression_of_another_brand() -> None:
    stored = record("*=out@5", "aurora=in@6")
    assert reason(stored, "aurora/offers") == "ok"
    assert reason(stored, "offers") == "unsubscribed"


def test_an_opt_out_of_a_brand_stops_only_that_brand() -> None:
    stored = record("aurora=out@5")
    assert reason(stored, "aurora/offers") == "unsubscribed"
    assert reason(stored, "offers") == "ok"


def test_a_topic_inherits_the_opt_out_of_the_topic_that_it_follows() -> None:
    assert reason(record("offers=out@5"), "straps") == "topic_unsubscribed"
    assert reason(record("offers=out@5"), "clasps") == "topic_unsubscribed"
    assert reason(record("straps=out@5"), "offers") == "ok"
    assert reason(record("catalogues=out@5"), "letters") == "topic_unsubscribed"


@pytest.mark.parametrize("lift", ["straps=in@6", "offers=in@6", "straps=yes@6", "offers=yes@6"])
def test_an_opt_in_at_either_topic_lifts_an_inherited_opt_out(lift: str) -> None:
    assert reason(record("offers=out@5", lift), "straps") == "ok"


@pytest.mark.parametrize("other", ["*=in@6", "meridian=yes@6", "news=yes@6", "clasps=yes@6"])
def test_no_other_opt_in_lifts_an_inherited_opt_out(other: str) -> None:
    assert reason(record("offers=out@5", other), "straps") == "topic_unsubscribed"


def test_a_topic_does_not_inherit_a_pause() -> None:
    assert reason(record("offers=pause@5-2000"), "straps") == "ok"


def test_a_pause_is_active_until_its_end() -> None:
    stored = record("*=pause@5-2000")
    assert decision_for(stored, "offers") == Decision(
        False, Reason.PAUSED, Millis(5), Source.API, Millis(2000)
    )
    assert reason(stored, "offers", Millis(1999)) == "paused"
    assert reason(stored, "offers", Millis(2000)) == "ok"


def test_a_newer_opt_in_ends_a_pause_and_a_newer_pause_stops_again() -> None:
    assert reason(record("*=pause@5-2000", "offers=in@6"), "offers") == "ok"
    assert reason(record("*=pause@5-2000", "offers=in@6"), "news") == "paused"
    assert reason(record("offers=in@5", "*=pause@6-2000"), "offers") == "paused"


def test_the_end_of_a_pause_restores_the_earlier_state_and_grants_nothing() -> None:
    assert reason(record("offers=out@5", "offers=pause@6-900"), "offers") == "topic_unsubscribed"
    assert reason(record("research=pause@6-900"), "research") == "no_consent"


def test_a_confirmed_opt_in_after_a_complaint_allows_only_its_topic() -> None:
    stored = record("x:complaint@5", "offers=yes@6")
    assert reason(stored, "offers") == "ok"
    assert reason(stored, "news") == "complained"


def test_an_unconfirmed_opt_in_does_not_lift_a_complaint() -> None:
    assert reason(record("x:complaint@5", "offers=in@6", "*=in@6"), "offers") == "complained"


def test_a_topic_that_is_out_by_default_needs_its_own_opt_in() -> None:
    assert reason(EMPTY_RECORD, "research") == "no_consent"
    assert reason(record("*=in@5", "meridian=yes@5"), "research") == "no_consent"
    assert reason(record("research=in@5"), "research") == "ok"
    assert reason(record("research=yes@5"), "research") == "ok"


def test_a_general_opt_in_does_not_renew_a_withdrawn_consent() -> None:
    stored = record("research=in@4", "*=out@5", "*=in@6")
    assert reason(stored, "offers") == "ok"
    assert reason(stored, "research") == "no_consent"
    assert (
        reason(merge_changes(stored, [Change(in_(5), Entry(Millis(7), Source.API, "{}"))]), "research")
        == "ok"
    )


def test_an_opt_out_of_a_followed_topic_withdraws_an_earlier_consent() -> None:
    stored = record("panels=in@4", "research=out@5", "research=in@6")
    assert reason(stored, "panels") == "no_consent"


@pytest.mark.parametrize("register", [UNDELIVERABLE, HOLD, MINOR])
def test_undeliverable_hold_and_minor_also_stop_service_mail(register: Register) -> None:
    assert not sendable(record(f"{register.code}@5"))


def test_choices_pauses_and_complaints_do_not_stop_service_mail() -> None:
    stored = record("*=out@5", "service=out@5", "meridian=pause@5-2000", "x:complaint@5")
    assert reason(stored, "service") == "ok"


def test_opt_outs_of_mail_and_of_advertising_are_independent() -> None:
    assert reason(record("*=out@5", "x:complaint@5"), "targeted-advertising") == "ok"
    stored = record("targeted-advertising=out@5", "*=in@6")
    assert reason(stored, "targeted-advertising") == "topic_unsubscribed"
    assert reason(stored, "offers") == "ok"


@pytest.mark.parametrize("suppression", ["undeliverable", "hold"])
def test_undeliverable_and_hold_are_active_unless_their_lift_is_newer(suppression: str) -> None:
    assert reason(record(f"x:{suppression}@5", f"l:{suppression}@6"), "offers") == "ok"
    assert reason(record(f"l:{suppression}@5", f"x:{suppression}@6"), "offers") == suppression
    other = LIFT_HOLD if suppression == "undeliverable" else LIFT_UNDELIVERABLE
    assert reason(record(f"x:{suppression}@5", f"{other.code}@6"), "offers") == suppression


def test_five_soft_bounce_days_in_thirty_make_an_address_undeliverable_for_thirty_days() -> None:
    stored = soft(0, 1, 2, 3, 29)
    decision = decision_for(stored, "service", Millis(29 * DAY_MS))
    assert (decision.reason, decision.until) == (Reason.UNDELIVERABLE, 59 * DAY_MS)
    assert reason(stored, "offers", Millis(59 * DAY_MS - 1)) == "undeliverable"
    assert reason(stored, "offers", Millis(59 * DAY_MS)) == "ok"


def test_four_soft_bounce_days_or_five_in_thirty_one_days_are_not_enough() -> None:
    assert reason(soft(0, 1, 2, 3), "offers", Millis(4 * DAY_MS)) == "ok"
    assert reason(soft(0, 1, 2, 3, 30), "offers", Millis(30 * DAY_MS)) == "ok"


def test_soft_bounces_up_to_the_day_of_a_lift_do_not_count() -> None:
    assert reason(soft(1, 2, 3, 4, 5, lift=Millis(5 * DAY_MS + 9)), "offers", Millis(6 * DAY_MS)) == "ok"
    assert (
        reason(soft(1, 2, 3, 4, 5, 6, lift=Millis(DAY_MS)), "offers", Millis(6 * DAY_MS)) == "undeliverable"
    )
    assert reason(soft(1, 2, 3, 4, 5, 6, lift=Millis(2 * DAY_MS)), "offers", Millis(6 * DAY_MS)) == "ok"


def test_the_strongest_reason_is_returned() -> None:
    facts = [
        ("research=in@1", "ok"),
        ("news=pause@5-2000", "ok"),
        ("research=pause@5-2000", "paused"),
        ("research=out@5", "topic_unsubscribed"),
        ("*=out@5", "unsubscribed"),
        ("x:complaint@5", "complained"),
        ("x:undeliverable@5", "undeliverable"),
        ("x:hold@5", "hold"),
        ("x:minor@5", "minor"),
    ]
    for index in range(len(facts)):
        added = [fact for fact, _ in facts[: index + 1]]
        assert reason(record(*added), "research") == facts[index][1]


def test_the_reasons_are_a_closed_set_in_order_of_precedence() -> None:
    assert [reason.value for reason in Reason] == [
        "minor",
        "hold",
        "undeliverable",
        "complained",
        "unsubscribed",
        "topic_unsubscribed",
        "paused",
        "no_consent",
        "ok",
    ]


def test_the_sources_are_a_closed_set() -> None:
    assert {source.value for source in Source} == {
        "one-click",
        "link",
        "preference-centre",
        "mailto",
        "mailbox",
        "phone",
        "letter",
        "agent",
        "api",
        "import",
        "complaint",
        "bounce",
        "signal",
        "confirmation",
        "age-report",
        "retention",
    }


def test_a_complaint_has_its_time_and_source() -> None:
    stored = merge_changes(EMPTY_RECORD, [Change(COMPLAINT, Entry(Millis(5), Source.COMPLAINT, "{}"))])
    assert decision_for(stored, "offers") == Decision(
        False, Reason.COMPLAINED, Millis(5), Source.COMPLAINT, None
    )
