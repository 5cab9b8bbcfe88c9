"""The files of tools for newsletters and marketing. docs/reference/imports.md describes them."""

from __future__ import annotations

from heed.domain.imports.formats import (
    Always,
    ByWord,
    Certainty,
    IfFilled,
    ImportFormat,
    Items,
    RowMeaning,
    TopicColumns,
)

_MAILCHIMP_ADDRESS = ("email address",)  # unless the user gave it another name; `Address` is a postal address
_MAILCHIMP = (
    ImportFormat(
        "mailchimp-unsubscribed",
        frozenset({"unsub_time", "leid", "euid"}),
        (Always(RowMeaning.UNSUBSCRIBED),),
        dates=("unsub_time",),
        addresses=_MAILCHIMP_ADDRESS,
    ),
    ImportFormat(
        "mailchimp-cleaned",
        frozenset({"clean_time", "leid", "euid"}),
        (Always(RowMeaning.HARD_BOUNCE),),
        dates=("clean_time",),
        addresses=_MAILCHIMP_ADDRESS,
    ),
    ImportFormat("mailchimp-subscribed", frozenset({"leid", "euid"}), (Always(RowMeaning.SUBSCRIBED),)),
)

_BRAZE = (
    ImportFormat(
        "braze-unsubscribes",
        frozenset({"email", "unsubscribed_at"}),
        (Always(RowMeaning.UNSUBSCRIBED),),
        dates=("unsubscribed_at",),
    ),
    ImportFormat(
        "braze-hard-bounces",
        frozenset({"email", "hard_bounced_at"}),
        (Always(RowMeaning.HARD_BOUNCE),),
        dates=("hard_bounced_at",),
    ),
    ImportFormat(
        "braze-segment",
        frozenset({"email", "unsubscribed_from_emails_at"}),
        (IfFilled("unsubscribed_from_emails_at", RowMeaning.UNSUBSCRIBED, is_date=True),),
    ),
    ImportFormat(
        "braze-users",
        frozenset({"email", "email_subscribe"}),
        (
            ByWord(
                ("email_subscribe",),
                {
                    "unsubscribed": RowMeaning.UNSUBSCRIBED,
                    "subscribed": RowMeaning.SUBSCRIBED,
                    "opted_in": RowMeaning.SUBSCRIBED,
                    "": RowMeaning.SUBSCRIBED,
                },
            ),
        ),
    ),
)

_KLAVIYO_REASONS = {
    "hard_bounce": RowMeaning.HARD_BOUNCE,
    "invalid_email": RowMeaning.HARD_BOUNCE,
    "spam_complaint": RowMeaning.COMPLAINT,
    "spam_report": RowMeaning.COMPLAINT,
    "unsubscribe": RowMeaning.UNSUBSCRIBED,
    "unsubscribed": RowMeaning.UNSUBSCRIBED,
    "user_suppressed": RowMeaning.SUPPRESSED,
}
_KLAVIYO_LIST_REASONS = dict.fromkeys(_KLAVIYO_REASONS, RowMeaning.TOPIC_UNSUBSCRIBED)
_KLAVIYO_CONSENT = {
    "unsubscribed": RowMeaning.UNSUBSCRIBED,
    "subscribed": RowMeaning.SUBSCRIBED,
    "never_subscribed": RowMeaning.SUBSCRIBED,
    "": RowMeaning.SUBSCRIBED,
}
_KLAVIYO_MARKETING = "attributes.subscriptions.email.marketing"
_KLAVIYO = (
    ImportFormat(
        "klaviyo-profiles",
        frozenset({"email", "klaviyo id"}),
        (
            ByWord(("email marketing consent",), _KLAVIYO_CONSENT),
            ByWord(
                ("email suppressions",),
                {"": RowMeaning.SUBSCRIBED, **_KLAVIYO_REASONS},
                RowMeaning.SUPPRESSED,
                is_list=True,
            ),
        ),
    ),
    ImportFormat(
        "klaviyo-api",
        frozenset({"attributes.email"}),
        (
            ByWord((f"{_KLAVIYO_MARKETING}.consent",), _KLAVIYO_CONSENT),
            Items(f"{_KLAVIYO_MARKETING}.suppression", "reason", _KLAVIYO_REASONS, date="timestamp"),
            Items(
                f"{_KLAVIYO_MARKETING}.list_suppressions",
                "reason",
                _KLAVIYO_LIST_REASONS,
                date="timestamp",
                topic="list_id",
            ),
        ),
        addresses=("attributes.email",),
    ),
)

_HUBSPOT_COLUMNS = frozenset({"portal bounce", "portal unsubscribe", "portal spam report", "global bounce"})
_HUBSPOT = ImportFormat(
    "hubspot-opt-outs",
    frozenset({"portal unsubscribe"}),
    (
        IfFilled("portal unsubscribe", RowMeaning.UNSUBSCRIBED),
        IfFilled("portal spam report", RowMeaning.COMPLAINT),
        IfFilled("portal bounce", RowMeaning.HARD_BOUNCE),
        IfFilled("global bounce", RowMeaning.HARD_BOUNCE),
        TopicColumns("", frozenset({"true"}), other_columns=_HUBSPOT_COLUMNS),
    ),
    Certainty.LIKELY,
)

_LISTMONK = ImportFormat(
    "listmonk-subscribers",
    frozenset({"uuid", "email", "name", "attributes", "status", "created_at", "updated_at"}),
    (
        ByWord(
            ("status",),
            {
                "blocklisted": RowMeaning.SUPPRESSED,
                "disabled": RowMeaning.DISABLED,
                "enabled": RowMeaning.SUBSCRIBED,
            },
        ),
    ),
    dates=("updated_at",),
)

_KEILA = ImportFormat(
    "keila-contacts",
    frozenset({"email", "first name", "last name", "data", "status", "external id"}),
    (
        ByWord(
            ("status",),
            {
                "unsubscribed": RowMeaning.UNSUBSCRIBED,
                "unreachable": RowMeaning.HARD_BOUNCE,
                "active": RowMeaning.SUBSCRIBED,
            },
        ),
    ),
)

_MAUTIC = ImportFormat(
    "mautic-do-not-contact",
    frozenset({"dnc reason", "dnc date", "dnc channel"}),
    (
        ByWord(
            ("dnc reason",),
            {
                "dnc unsubscribed": RowMeaning.UNSUBSCRIBED,
                "dnc bounced": RowMeaning.HARD_BOUNCE,
                "dnc manually unsubscribed": RowMeaning.SUPPRESSED,
                "contactable": RowMeaning.SUBSCRIBED,
            },
        ),
    ),
    dates=("dnc date",),
    channel="dnc channel",
)

_ACTIVECAMPAIGN = (
    ImportFormat(
        "activecampaign-lists",
        frozenset({"contact", "list", "status"}),
        (
            ByWord(
                ("status",),
                {
                    "0": RowMeaning.SUBSCRIBED,  # not confirmed
                    "1": RowMeaning.SUBSCRIBED,
                    "2": RowMeaning.TOPIC_UNSUBSCRIBED,
                    "3": RowMeaning.HARD_BOUNCE,
                    "91": RowMeaning.DELETED,
                },
                topic="list",
            ),
        ),
        Certainty.GUESSED,
        dates=("udate",),
        addresses=("contact.email", "contact"),
    ),
    ImportFormat(
        "activecampaign-exclusions",
        frozenset({"matchphrase", "matchtype"}),
        (Always(RowMeaning.SUPPRESSED),),
        Certainty.LIKELY,
        addresses=("matchphrase",),
        patterns="matchtype",
    ),
)

_SALESFORCE = (
    ImportFormat(
        "salesforce-subscribers",
        frozenset({"subscriberkey", "emailaddress", "subscriberid", "status", "dateunsubscribed"}),
        (
            ByWord(
                ("status",),
                {
                    "unsubscribed": RowMeaning.UNSUBSCRIBED,
                    "held": RowMeaning.HARD_BOUNCE,
                    "bounced": RowMeaning.SOFT_BOUNCE,
                    "active": RowMeaning.SUBSCRIBED,
                    "deleted": RowMeaning.DELETED,
                },
            ),
        ),
        Certainty.LIKELY,
        dates=("dateunsubscribed", "dateheld", "dateundeliverable"),
    ),
    ImportFormat(
        "salesforce-unsubs",
        frozenset({"sendid", "subscriberkey", "emailaddress", "eventdate", "eventtype"}),
        (ByWord(("eventtype",), {"unsubscribe": RowMeaning.UNSUBSCRIBED}),),
        Certainty.LIKELY,
        dates=("eventdate",),
    ),
)

_CUSTOMERIO = ImportFormat(
    "customerio-people",
    frozenset({"email", "unsubscribed", "cio_subscription_preferences"}),
    (
        IfFilled("unsubscribed", RowMeaning.UNSUBSCRIBED),
        TopicColumns("cio_subscription_preferences.topics.", frozenset({"false"})),
    ),
    json_column="cio_subscription_preferences",
)

_ITERABLE = ImportFormat(
    "iterable-unsubscribes",
    frozenset({"email", "unsubsource", "created_at"}),
    (
        ByWord(
            ("unsubsource",),
            {
                "hardbounce": RowMeaning.HARD_BOUNCE,
                "complaint": RowMeaning.COMPLAINT,
                "emaillink": RowMeaning.UNSUBSCRIBED,
            },
            RowMeaning.SUPPRESSED,
        ),
    ),
    dates=("created_at",),
)

_GHOST = ImportFormat(
    "ghost-members",
    frozenset({"id", "email", "subscribed_to_emails", "complimentary_plan"}),
    (ByWord(("subscribed_to_emails",), {"false": RowMeaning.UNSUBSCRIBED, "true": RowMeaning.SUBSCRIBED}),),
)

MARKETING_FORMATS = (
    *_MAILCHIMP,
    *_BRAZE,
    *_KLAVIYO,
    _HUBSPOT,
    _LISTMONK,
    _KEILA,
    _MAUTIC,
    *_ACTIVECAMPAIGN,
    *_SALESFORCE,
    _CUSTOMERIO,
    _ITERABLE,
    _GHOST,
)
