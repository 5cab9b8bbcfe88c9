"""What a mail requests is recorded once, as of its receipt, without the address in it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from heed.domain.mailbox.mail_action import (
    ConfirmByMail,
    OptOutSender,
    ReportSenderAsMinor,
)
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.decision import is_any_sendable
from heed.domain.preferences.register import MINOR, Change, Entry, Source
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.links.unsubscribe import WriteOptOut
from heed.use_cases.mailbox.mail_requests import (
    confirmation_for,
    mail_reference,
    record_link_opt_outs,
    record_sender_opt_out,
    report_sender_as_minor,
)
from tests.support.catalogues import CATALOGUE
from tests.support.deployment import deployed, parts
from tests.support.fakes import MemoryKeys, MemoryPreferences
from tests.support.inbound_mails import RECEIVED, TOKEN, receipt
from tests.support.registers import confirmed, in_, out, scope_numbers

RECEIPT = receipt("news@mail.example.com")
NOW = Millis(RECEIVED + 60_000)
JOAN, KID = "joan@example.net", "kid@example.net"
KEYS = MemoryKeys()


def id_of(address: str) -> str:
    return recipient_id(KEYS.identity_key(), address)


@pytest.fixture
def preferences() -> MemoryPreferences:
    return MemoryPreferences()


@pytest.fixture
def write_opt_out(preferences: MemoryPreferences) -> WriteOptOut:
    return WriteOptOut(preferences, CATALOGUE)


def test_a_token_opts_out_of_its_scope_as_of_the_receipt(
    preferences: MemoryPreferences, write_opt_out: WriteOptOut
) -> None:
    for _ in range(2):
        record_link_opt_outs([TOKEN], RECEIPT, NOW, write_opt_out)
    (entry,) = preferences.read(TOKEN.recipient).registers.values()
    assert entry == preferences.read(TOKEN.recipient).get(out(2))
    assert (entry.at, entry.source) == (RECEIVED, Source.MAILTO)
    assert preferences.read(TOKEN.recipient).revision == 1


@pytest.mark.parametrize(
    ("topics", "scopes"),
    [
        ((), (0,)),
        (("meridian/news", "meridian/offers"), (2, 3)),
        (("meridian/news", "unknown/topic"), (0,)),  # an unknown name never makes an opt-out smaller
    ],
)
def test_a_sender_opts_out_of_the_named_topics_or_of_everything(
    topics: tuple[str, ...],
    scopes: tuple[int, ...],
    preferences: MemoryPreferences,
    write_opt_out: WriteOptOut,
) -> None:
    action = OptOutSender(JOAN, frozenset(topics))
    for _ in range(2):
        record_sender_opt_out(action, RECEIPT, NOW, KEYS, write_opt_out)
    record = preferences.read(id_of(JOAN))
    assert set(record.registers) == set(map(out, scopes)) and record.revision == 1
    entry = record.get(out(scopes[0]))
    assert entry is not None and (entry.at, entry.source) == (RECEIVED, Source.MAILBOX)
    assert json.loads(entry.evidence) == {"mail": mail_reference(RECEIPT)}


def test_a_newer_opt_in_overrides_a_mail_that_was_late(
    preferences: MemoryPreferences, write_opt_out: WriteOptOut
) -> None:
    newer = Entry(Millis(RECEIVED + 1), Source.CONFIRMATION, "{}")
    preferences.apply(id_of(JOAN), [Change(confirmed(2), newer), Change(in_(2), newer)], NOW)
    record_sender_opt_out(OptOutSender(JOAN), RECEIPT, NOW, KEYS, write_opt_out)
    assert is_any_sendable(preferences.read(id_of(JOAN)), scope_numbers(2), CATALOGUE, NOW)


def test_the_report_of_a_child_about_itself_stops_all_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch) as world:
        heed = parts()
        for _ in range(2):
            report_sender_as_minor(ReportSenderAsMinor(JOAN), RECEIPT, NOW, heed.identity_key, heed.erase)
        record = heed.preferences.read(world.recipient(JOAN))
        purges = [item for item in world.items("Control") if item["pk"]["S"].startswith("purge#")]
        assert record.get(MINOR) is not None and len(purges) == 1


@pytest.mark.parametrize(
    ("action", "scopes"),
    [
        (ConfirmByMail(JOAN, Intent.OUT), ()),
        (ConfirmByMail(JOAN, Intent.OUT, frozenset({"meridian/news"})), (3,)),
        (ConfirmByMail(JOAN, Intent.IN, frozenset({"meridian/news"})), (3,)),
        (ConfirmByMail(JOAN, Intent.IN), (2, 3, 4, 5, 11, 12, 13, 15, 16, 17)),
    ],
)
def test_a_confirmation_names_the_topics_of_the_mail(action: ConfirmByMail, scopes: tuple[int, ...]) -> None:
    request = confirmation_for(action, RECEIPT, "https://prefs.example.com", CATALOGUE)
    assert (request.intent, request.scopes) == (action.intent, scope_numbers(*scopes))
    assert ConfirmationRequest.from_message(request.to_message()) == request
    again = confirmation_for(action, RECEIPT, "https://prefs.example.com", CATALOGUE)
    other = confirmation_for(action, replace(RECEIPT, message_id="x"), "https://prefs.example.com", CATALOGUE)
    assert again.id == request.id != other.id
