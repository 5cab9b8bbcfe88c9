"""Each vendor's file is recognised, and each of its rows becomes what it means."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heed.domain.errors import AmbiguousFormat, ScopeNeeded, UnknownFormat, UnknownHeader
from heed.domain.imports.formats import RowMeaning
from heed.domain.imports.recognition import FORMATS, manual_format, recognise_format
from tests.support.import_files import SAMPLES, opened, outcomes_of, read_sample, settings_for

ROOT = Path(__file__).parents[2]
AT = "2026-03-05T00:41:02.000Z"
EXPORT = "2026-05-01T00:00:00.000Z"  # the time of a row without a date

# File, format, and what its rows become.
CASES: dict[str, tuple[str, list[str]]] = {
    "ses-suppressions.json": (
        "ses-suppressions",
        [
            "joan.smith@example.com x:undeliverable 2026-03-05T00:41:02.669Z bounce",
            f"lee@example.com x:complaint {AT} complaint",
            f"kim@example.com x:complaint {AT} complaint",
        ],
    ),
    **dict.fromkeys(
        ("ses-suppressions.csv", "ses-suppressions.jsonl"),
        (
            "ses-suppressions",
            [
                f"recipient1@example.com x:undeliverable {EXPORT} bounce",
                f"recipient2@example.com x:complaint {EXPORT} complaint",
            ],
        ),
    ),
    "ses-contacts.csv": (
        "ses-contacts",
        [
            f"joan@example.com o:0 {EXPORT} true o:2 {EXPORT} opt_out",
            f"lee@example.com o:3 {EXPORT} opt_out",
            "skipped subscribed false",
        ],
    ),
    "ses-contacts.json": (
        "ses-contacts",
        [f"joan@example.com o:2 {AT} opt_out", f"lee@example.com o:0 {AT} true"],
    ),
    "ses-contacts-misspelt.csv": ("ses-contacts", [f"joan@example.com o:0 {EXPORT} true"]),
    "suppression_bounces.csv": ("sendgrid-bounces", [f"joan@example.com x:undeliverable {AT} bounces"]),
    "suppression_blocks.csv": ("sendgrid-blocks", ["skipped block blocks"]),
    "suppression_unsubscribes.csv": ("sendgrid-unsubscribes", [f"joan@example.com o:0 {AT} unsubscribes"]),
    "suppression_spam_reports.csv": (
        "sendgrid-spam-reports",
        [f"joan@example.com x:complaint {AT} spam-reports"],
    ),
    "suppression_invalid_emails.csv": (
        "sendgrid-invalid-emails",
        [f"joan@example.com x:undeliverable {AT} invalid-emails"],
    ),
    "sendgrid-groups.json": ("sendgrid-groups", [f"joan@example.com o:2 {AT} groups"]),
    "asm_groups_7_suppressions.csv": ("sendgrid-group", [f"joan@example.com o:0 {AT} group"]),
    "mailgun-bounces.csv": ("mailgun-bounces", [f"joan@example.com x:undeliverable {AT} bounces"]),
    "mailgun-unsubscribes.csv": (
        "mailgun-unsubscribes",
        [
            f"joan@example.com o:0 {AT} *",
            f"lee@example.com o:2 {AT} topic-unsubscribed",
            f"kim@example.com o:0 {EXPORT} *",
        ],
    ),
    "mailgun-unsubscribes.json": (
        "mailgun-unsubscribes",
        [f"joan@example.com o:2 {AT} topic-unsubscribed o:3 {AT} topic-unsubscribed"],
    ),
    "mailgun-complaints.csv": ("mailgun-complaints", [f"joan@example.com x:complaint {AT} complaints"]),
    "postmark-suppressions.json": (
        "postmark-suppressions",
        [
            f"joan@example.com x:undeliverable {AT} hardbounce",
            f"lee@example.com o:0 {AT} manualsuppression recipient",
            f"kim@example.com o:0 {AT} manualsuppression",
            f"ari@example.com x:complaint {AT} spamcomplaint",
        ],
    ),
    "unsubscribed_email_audience_export_1a2b.csv": (
        "mailchimp-unsubscribed",
        [f"joan@example.com o:0 {AT} unsubscribed"],
    ),
    "cleaned_email_audience_export_1a2b.csv": (
        "mailchimp-cleaned",
        [f"joan@example.com x:undeliverable {AT} cleaned"],
    ),
    "subscribed_email_audience_export_1a2b.csv": (
        "mailchimp-subscribed",
        ["skipped subscribed subscribed"],
    ),
    "mandrill-rejects.csv": (
        "mandrill-rejects",
        [
            f"joan@example.com x:undeliverable {AT} hard-bounce",
            "lee@example.com o:0 2026-03-05T00:41:02.500Z unsub",
            "skipped expired expires_at",
            "skipped soft-bounce soft-bounce",
            f"sam@example.com o:0 {AT} custom",
        ],
    ),
    "braze-unsubscribes.json": ("braze-unsubscribes", [f"joan@example.com o:0 {AT} unsubscribes"]),
    "braze-hard-bounces.json": (
        "braze-hard-bounces",
        [f"joan@example.com x:undeliverable {AT} hard-bounces"],
    ),
    "braze-segment.csv": (
        "braze-segment",
        [
            f"joan@example.com o:0 {AT} unsubscribed_from_emails_at",
            "skipped subscribed unsubscribed_from_emails_at",
        ],
    ),
    "braze-users.jsonl": (
        "braze-users",
        [f"joan@example.com o:0 {EXPORT} unsubscribed", "skipped subscribed opted_in"],
    ),
    "klaviyo-profiles.csv": (
        "klaviyo-profiles",
        [
            f"joan@example.com o:0 {EXPORT} unsubscribed",
            "skipped subscribed subscribed",
            f"kim@example.com x:undeliverable {EXPORT} hard_bounce x:complaint {EXPORT} spam_complaint",
            f"ari@example.com o:0 {EXPORT} suppressed",
        ],
    ),
    "klaviyo-api.json": (
        "klaviyo-api",
        [
            f"joan@example.com o:0 {EXPORT} unsubscribed x:undeliverable {AT} hard_bounce "
            "o:3 2026-03-06T00:41:02.000Z unsubscribe",
            "skipped subscribed subscribed",
        ],
    ),
    "hubspot-opt-outs.csv": (
        "hubspot-opt-outs",
        [
            f"joan@example.com x:undeliverable {EXPORT} portal bounce",
            f"lee@example.com o:0 {EXPORT} portal unsubscribe x:complaint {EXPORT} portal spam report",
            f"kim@example.com o:2 {EXPORT} true",
            f"ari@example.com x:undeliverable {EXPORT} global bounce",
        ],
    ),
    "listmonk-subscribers.csv": (
        "listmonk-subscribers",
        [
            "joan@example.com o:0 2026-03-05T00:41:02.600Z blocklisted",
            "skipped disabled disabled",
            "skipped subscribed enabled",
        ],
    ),
    "keila-contacts.csv": (
        "keila-contacts",
        [
            f"joan@example.com o:0 {EXPORT} unsubscribed",
            f"lee@example.com x:undeliverable {EXPORT} unreachable",
            "skipped subscribed active",
        ],
    ),
    "mautic-do-not-contact.csv": (
        "mautic-do-not-contact",
        [
            f"joan@example.com o:0 {AT} dnc unsubscribed",
            f"lee@example.com x:undeliverable {AT} dnc bounced",
            f"kim@example.com o:0 {AT} dnc manually unsubscribed",
            "skipped subscribed contactable",
            "skipped other-channel dnc channel",
        ],
    ),
    "brevo-blocked.json": (
        "brevo-blocked",
        [
            f"joan@example.com o:0 {AT} unsubscribedviaemail",
            f"lee@example.com x:complaint {AT} contactflaggedasspam",
            f"kim@example.com x:undeliverable {AT} hardbounce",
            f"ari@example.com o:0 {AT} adminblocked",
        ],
    ),
    "activecampaign-lists.json": (
        "activecampaign-lists",
        [
            f"joan@example.com o:2 {AT} 2",
            f"lee@example.com x:undeliverable {AT} 3",
            "skipped subscribed 1",
            "invalid address",
        ],
    ),
    "activecampaign-exclusions.json": (
        "activecampaign-exclusions",
        [f"joan@example.com o:0 {EXPORT} exclusions", "refused pattern"],
    ),
    "customerio-people.csv": (
        "customerio-people",
        [
            f"joan@example.com o:0 {EXPORT} unsubscribed",
            f"lee@example.com o:2 {EXPORT} false",
            "skipped subscribed unsubscribed",
            "skipped subscribed unsubscribed",
        ],
    ),
    "sparkpost-suppressions.csv": (
        "sparkpost-suppressions",
        [f"joan@example.com o:0 {EXPORT} non_transactional", f"lee@example.com o:0 {EXPORT} transactional"],
    ),
    "sparkpost-suppressions.json": (
        "sparkpost-suppressions",
        [
            f"joan@example.com x:undeliverable {AT} bounce rule",
            f"lee@example.com x:complaint {AT} spam complaint",
            f"kim@example.com o:0 {AT} non_transactional",
        ],
    ),
    "mailjet-contacts.json": (
        "mailjet-contacts",
        [
            f"joan@example.com o:0 {AT} isexcludedfromcampaigns",
            f"lee@example.com o:0 {AT} isexcludedfromcampaigns x:complaint {AT} isspamcomplaining",
            "skipped subscribed isexcludedfromcampaigns",
        ],
    ),
    "resend-suppressions.json": (
        "resend-suppressions",
        [
            "joan@example.com x:undeliverable 2026-03-05T00:41:02.678Z bounce",
            "lee@example.com x:complaint 2026-03-05T00:41:02.678Z complaint",
            "kim@example.com o:0 2026-03-05T00:41:02.678Z manual",
        ],
    ),
    "iterable-unsubscribes.csv": (
        "iterable-unsubscribes",
        [
            f"joan@example.com o:0 {AT} emaillink",
            f"lee@example.com x:undeliverable {AT} hardbounce",
            f"kim@example.com x:complaint {AT} complaint",
            f"ari@example.com o:0 {AT} suppressed",
        ],
    ),
    "ghost-members.csv": (
        "ghost-members",
        [f"joan@example.com o:0 {EXPORT} false", "skipped subscribed true"],
    ),
    "postal-suppressions.csv": (
        "postal-suppressions",
        [
            "joan@example.com x:undeliverable 2026-03-05T00:41:02.250Z recipient",
            "skipped soft-bounce recipient too many soft fails",
            "skipped expired keep_until",
        ],
    ),
}
US_CASES = {
    "salesforce-subscribers.csv": (
        "salesforce-subscribers",
        [
            "joan@example.com o:0 2026-03-04T18:41:02.000Z unsubscribed",
            "lee@example.com x:undeliverable 2026-03-04T18:41:02.000Z held",
            "skipped soft-bounce bounced",
            "skipped subscribed active",
            "skipped deleted deleted",
        ],
    ),
    "salesforce-unsubs.csv": (
        "salesforce-unsubs",
        ["joan@example.com o:0 2026-03-04T18:41:02.000Z unsubscribe"],
    ),
}


def test_each_sample_and_each_format_is_tested() -> None:
    cases = CASES | US_CASES
    assert {path.name for path in SAMPLES.iterdir()} == set(cases)
    assert {name for name, _ in cases.values()} == set(FORMATS)


@pytest.mark.parametrize("file", CASES | US_CASES)
def test_a_file_is_recognised_and_each_row_becomes_what_it_means(file: str) -> None:
    name, outcomes = (CASES | US_CASES)[file]
    data = read_sample(file)
    assert recognise_format(opened(data).header, file).name == name
    assert outcomes_of(data, file, us=file in US_CASES) == outcomes


@pytest.mark.parametrize("file", US_CASES)
def test_a_date_that_may_be_american_is_invalid_without_the_flag(file: str) -> None:
    assert "invalid date" in outcomes_of(read_sample(file), file)


def test_a_row_that_only_says_subscribed_needs_neither_a_date_nor_an_address() -> None:
    assert outcomes_of("id,email,unsubscribed,cio_subscription_preferences\n1,,,") == [
        "skipped subscribed unsubscribed"
    ]


def test_one_header_of_two_formats_needs_a_name_that_tells_them_apart() -> None:
    header = opened(read_sample("suppression_bounces.csv")).header
    with pytest.raises(AmbiguousFormat, match="sendgrid-blocks, sendgrid-bounces"):
        recognise_format(header, "export.csv")
    assert recognise_format(header, "export.csv", "sendgrid-blocks").name == "sendgrid-blocks"


def test_the_format_that_the_caller_names_has_to_fit_the_header() -> None:
    with pytest.raises(UnknownHeader, match="the file has no created"):
        recognise_format(["email"], "", "sendgrid-unsubscribes")
    with pytest.raises(UnknownFormat, match="sendgrid-bounces"):
        recognise_format(["email"], "", "sendgrid")


def test_an_unknown_header_is_named_with_the_known_formats() -> None:
    with pytest.raises(UnknownHeader, match=r"columns E-mail, Name; known are .*ghost-members"):
        recognise_format(["E-mail", "Name"])


def test_the_error_about_an_unknown_header_has_no_word_that_may_name_a_person() -> None:
    with pytest.raises(UnknownHeader, match="columns 1234, Sports; known"):
        recognise_format(["Sports", "joan@example.com", "0123456", "1234", "a" * 41])


def test_an_unknown_header_that_is_data_of_a_person_is_not_named() -> None:
    with pytest.raises(UnknownHeader) as refused:
        recognise_format(["joan at example", "joan@example.com", "0123456789", "n" * 41])
    assert "columns joan at example; known" in str(refused.value)


def test_a_file_of_one_stream_needs_its_scope() -> None:
    with pytest.raises(ScopeNeeded, match="postmark-suppressions"):
        settings_for(FORMATS["postmark-suppressions"], scope=None)


def test_any_file_can_be_mapped_by_hand() -> None:
    known = manual_format("E-Mail", RowMeaning.UNSUBSCRIBED, "When")
    assert (known.addresses, known.dates) == (("e-mail",), ("when",))
    assert known.required == {"e-mail", "when"}


def test_the_page_lists_each_format_with_its_columns_and_how_sure_it_is() -> None:
    page = (ROOT / "docs" / "reference" / "imports.md").read_text()
    rows = [line.split(" | ")[:3] for line in page.splitlines() if re.match(r"\| `\w+-", line)]
    assert [[cell.lstrip("| ").replace("`", "") for cell in row] for row in rows] == [
        [known.name, ", ".join(sorted(known.required)), known.certainty.value] for known in FORMATS.values()
    ]
