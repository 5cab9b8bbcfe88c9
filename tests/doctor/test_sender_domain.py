"""The checks of DKIM and DMARC, with a DNS server on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dns.rcode
import pytest

from heed.doctor import dns_records
from heed.doctor.dns_records import DnsClient, walk_dmarc
from heed.doctor.findings import CheckName, CheckOutcome, DoctorFinding
from heed.doctor.message import examine_message
from tests.doctor.messages import GOOD, RECORDS, with_field, without_field
from tests.support.doctor_servers import dns_server

OK, WARNING, FAULT = CheckOutcome
KEY = RECORDS["one._domainkey.example.com"]
NEWS = {"one._domainkey.news.example.com": KEY}
FOREIGN = {"one._domainkey.mailer.example": KEY}


def signed_by(domain: str, covered: str = "From:List-Unsubscribe:List-Unsubscribe-Post") -> bytes:
    return with_field(
        "DKIM-Signature", f"DKIM-Signature: v=1; d={domain}; s=one; h={covered}; b=\r\n".encode()
    )


def examine(
    raw: bytes, records: Mapping[str, Sequence[str]], **settings: dns.rcode.Rcode
) -> dict[str, DoctorFinding]:
    with dns_server(records, **settings) as address:
        findings = examine_message(raw, DnsClient(*address), lambda _: None)
    return {finding.name.value: finding for finding in findings}


def faults(raw: bytes, records: Mapping[str, Sequence[str]]) -> dict[str, CheckOutcome]:
    found = examine(raw, records)
    return {name: finding.result for name, finding in found.items() if finding.result != OK}


def test_a_good_message_and_its_records_pass() -> None:
    assert faults(GOOD, RECORDS) == {}


def test_a_message_without_a_signature_is_found() -> None:
    assert faults(without_field("DKIM-Signature"), RECORDS) == {"dkim-coverage": FAULT}


@pytest.mark.parametrize("covered", ["From", "from:list-unsubscribe", "From:List-Unsubscribe-Post"])
def test_a_signature_that_does_not_cover_both_fields_is_found(covered: str) -> None:
    assert faults(signed_by("example.com", covered), RECORDS) == {"dkim-coverage": FAULT}


def test_one_of_several_signatures_is_enough() -> None:
    raw = b"DKIM-Signature: d=mailer.example; s=one; h=From\r\n" + GOOD

    assert faults(raw, {**RECORDS, **FOREIGN}) == {}


def test_a_signature_of_another_organization_is_found() -> None:
    assert faults(signed_by("mailer.example"), {**RECORDS, **FOREIGN}) == {"dkim-alignment": FAULT}


def test_a_domain_of_the_same_organization_is_aligned() -> None:
    assert faults(signed_by("news.example.com"), {**RECORDS, **NEWS}) == {}


def test_strict_alignment_wants_the_same_domain() -> None:
    records = {**RECORDS, **NEWS, "_dmarc.example.com": ["v=DMARC1; p=none; adkim=s"]}

    assert faults(signed_by("news.example.com"), records) == {"dkim-alignment": FAULT}


@pytest.mark.parametrize(
    "sender",
    ["From: a@example.com, b@example.com\r\n", "From: nobody\r\n", ""],
    ids=["two", "none", "no field"],
)
def test_a_message_without_exactly_one_sender_is_found(sender: str) -> None:
    assert faults(with_field("From", sender.encode()), RECORDS) == {"dkim-alignment": FAULT}


@pytest.mark.parametrize("record", [[], ["v=DKIM1; p="], ["v=spf1 -all"]], ids=["empty", "revoked", "other"])
def test_a_key_that_is_not_published_is_found(record: list[str]) -> None:
    records = {**RECORDS, "one._domainkey.example.com": record}

    assert faults(GOOD, records) == {"dkim-key": FAULT}


def test_a_domain_without_a_dmarc_record_is_found() -> None:
    assert faults(GOOD, {"one._domainkey.example.com": KEY}) == {"dmarc": FAULT}


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (["v=DMARC1; p=none"], None),
        (["v=DMARC1"], WARNING),
        (["v=DMARC1; p=nonsense"], WARNING),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], FAULT),
        (["p=none; v=DMARC2"], FAULT),
    ],
)
def test_a_dmarc_record_is_judged_by_its_policy(record: list[str], result: CheckOutcome | None) -> None:
    found = faults(GOOD, {**RECORDS, "_dmarc.example.com": record})

    assert found == ({} if result is None else {"dmarc": result})


def test_the_record_of_the_organization_applies_to_its_subdomains() -> None:
    raw = with_field("From", b"From: news@a.b.example.com\r\n")

    assert faults(raw, RECORDS) == {}


@pytest.mark.parametrize(
    ("domain", "records", "organization"),
    [
        ("a.example.com", {}, "a.example.com"),
        ("a.example.com", {"_dmarc.example.com": ["v=DMARC1"]}, "example.com"),
        ("a.b.shop.co.example", {"_dmarc.co.example": ["v=DMARC1; psd=y"]}, "shop.co.example"),
        (
            "a.b.example.com",
            {"_dmarc.b.example.com": ["v=DMARC1; psd=n"], "_dmarc.example.com": ["v=DMARC1"]},
            "b.example.com",
        ),
        ("co.example", {"_dmarc.co.example": ["v=DMARC1; psd=y"]}, "co.example"),
    ],
)
def test_the_organization_is_found_by_the_tree_walk(
    domain: str, records: Mapping[str, Sequence[str]], organization: str
) -> None:
    """RFC 9989 §4.10.2."""
    assert walk_dmarc(domain, lambda name: list(records.get(name, ()))).organizational_domain == organization


def test_the_tree_walk_of_a_long_name_has_eight_questions() -> None:
    questions: list[str] = []

    def find_none(name: str) -> list[str]:
        questions.append(name)
        return []

    walk_dmarc(".".join("abcdefghijkl"), find_none)

    assert questions[:3] == ["_dmarc.a.b.c.d.e.f.g.h.i.j.k.l", "_dmarc.f.g.h.i.j.k.l", "_dmarc.g.h.i.j.k.l"]
    assert len(questions) == 8


def test_what_the_dns_does_not_answer_is_not_checked_and_the_rest_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_records, "_MAX_SECONDS", 0.3)

    found = examine(signed_by("news.example.com"), {}, rcode=dns.rcode.SERVFAIL)

    unchecked = {name for name, finding in found.items() if not finding.is_checked}
    assert unchecked == {"dkim-alignment", "dkim-key", "dmarc"}
    assert {found[name].result for name in unchecked} == {WARNING}
    assert "the DNS does not answer" in found["dmarc"].seen
    assert found["dkim-coverage"].result is OK


@pytest.mark.parametrize(
    "domain", ["-.example", "a" * 64 + ".example", "example", "a..example", "ada@example.com"]
)
def test_a_name_that_is_no_domain_is_never_looked_up(domain: str) -> None:
    raw = signed_by(domain)

    assert faults(raw, RECORDS) == {"dkim-coverage": FAULT}
    assert DnsClient("127.0.0.1", 9)(domain) == []


def test_the_findings_name_no_person() -> None:
    raw = with_field("From", b"From: ada@example.net\r\n", signed_by("mailer.example"))

    found = examine(raw, FOREIGN)

    assert found["dkim-alignment"].seen == "signed by mailer.example, but the From field has example.net"
    assert CheckName.DMARC in found


@pytest.mark.threat(
    "T55",
    "A message names many domains whose servers answer late, and each question costs the doctor seconds.",
    "All questions to the DNS together take a minute at most.",
)
def test_all_questions_about_a_message_share_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_records, "_MAX_SECONDS_IN_ALL", 0.0)

    found = examine(GOOD, RECORDS)

    assert [name for name, each in found.items() if not each.is_checked] == ["dkim-key", "dmarc"]
