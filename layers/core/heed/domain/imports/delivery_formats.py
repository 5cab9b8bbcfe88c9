"""The files of services that deliver mail. docs/reference/imports.md describes them."""

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

_OPT_OUT = {"opt_out": RowMeaning.TOPIC_UNSUBSCRIBED, "opt_in": RowMeaning.SUBSCRIBED}
_TRUE = {"true": RowMeaning.UNSUBSCRIBED, "false": RowMeaning.SUBSCRIBED, "": RowMeaning.SUBSCRIBED}

_SES = (
    ImportFormat(
        "ses-suppressions",
        frozenset({"emailaddress", "reason"}),
        (ByWord(("reason",), {"bounce": RowMeaning.HARD_BOUNCE, "complaint": RowMeaning.COMPLAINT}),),
        dates=("lastupdatetime",),
    ),
    ImportFormat(
        "ses-contacts",
        frozenset({"emailaddress", "unsubscribeall"}),
        (
            ByWord(("unsubscribeall",), _TRUE),
            TopicColumns("topicpreferences.", frozenset({"opt_out"})),
            Items("topicpreferences", "subscriptionstatus", _OPT_OUT, topic="topicname"),
        ),
        dates=("lastupdatedtimestamp",),
    ),
)

_SENDGRID = (
    ImportFormat(
        "sendgrid-bounces",
        frozenset({"status", "reason", "email", "created"}),
        (Always(RowMeaning.HARD_BOUNCE),),
        dates=("created",),
        is_exact=True,
        file_name="bounce",
    ),
    ImportFormat(
        "sendgrid-blocks",
        frozenset({"status", "reason", "email", "created"}),
        (Always(RowMeaning.BLOCK),),
        dates=("created",),
        is_exact=True,
        file_name="block",
    ),
    ImportFormat(
        "sendgrid-unsubscribes",
        frozenset({"email", "created"}),
        (Always(RowMeaning.UNSUBSCRIBED),),
        dates=("created",),
        is_exact=True,
    ),
    ImportFormat(
        "sendgrid-spam-reports",
        frozenset({"ip", "email", "created"}),
        (Always(RowMeaning.COMPLAINT),),
        dates=("created",),
        is_exact=True,
    ),
    ImportFormat(
        "sendgrid-invalid-emails",
        frozenset({"reason", "email", "created"}),
        (Always(RowMeaning.HARD_BOUNCE),),
        Certainty.LIKELY,
        dates=("created",),
        is_exact=True,
    ),
    ImportFormat(
        "sendgrid-groups",
        frozenset({"email", "group_id", "group_name", "created_at"}),
        (Always(RowMeaning.TOPIC_UNSUBSCRIBED, topic="group_name"),),
        dates=("created_at",),
    ),
    ImportFormat(
        "sendgrid-group",
        frozenset({"email"}),
        (Always(RowMeaning.UNSUBSCRIBED),),
        Certainty.GUESSED,
        dates=("created", "created_at"),
        file_name="asm_groups",
        needs_scope=True,
    ),
)

_MAILGUN = (
    ImportFormat(
        "mailgun-bounces",
        frozenset({"address", "code", "error", "created_at"}),
        (Always(RowMeaning.HARD_BOUNCE),),
        dates=("created_at",),
    ),
    ImportFormat(
        "mailgun-unsubscribes",
        frozenset({"address", "tags", "created_at"}),
        (
            ByWord(
                ("tags",),
                {"*": RowMeaning.UNSUBSCRIBED, "": RowMeaning.UNSUBSCRIBED},
                RowMeaning.TOPIC_UNSUBSCRIBED,
                is_list=True,
            ),
        ),
        dates=("created_at",),
    ),
    ImportFormat(
        "mailgun-complaints",
        frozenset({"address", "created_at"}),
        (Always(RowMeaning.COMPLAINT),),
        Certainty.GUESSED,
        dates=("created_at",),
        is_exact=True,
    ),
)

_POSTMARK = ImportFormat(
    "postmark-suppressions",
    frozenset({"emailaddress", "suppressionreason", "origin"}),
    (
        ByWord(
            ("suppressionreason", "origin"),
            {
                "hardbounce": RowMeaning.HARD_BOUNCE,
                "spamcomplaint": RowMeaning.COMPLAINT,
                "manualsuppression recipient": RowMeaning.UNSUBSCRIBED,
                "manualsuppression": RowMeaning.SUPPRESSED,
            },
        ),
    ),
    dates=("created_at",),
    needs_scope=True,
)

_MANDRILL = ImportFormat(
    "mandrill-rejects",
    frozenset({"email", "reason", "created_at", "expires_at", "last_event_at"}),
    (
        ByWord(
            ("reason",),
            {
                "hard-bounce": RowMeaning.HARD_BOUNCE,
                "soft-bounce": RowMeaning.SOFT_BOUNCE,
                "spam": RowMeaning.COMPLAINT,
                "unsub": RowMeaning.UNSUBSCRIBED,
                "custom": RowMeaning.SUPPRESSED,
            },
        ),
    ),
    dates=("created_at",),
    expires="expires_at",
)

_SPARKPOST = ImportFormat(
    "sparkpost-suppressions",
    frozenset({"recipient", "type", "description"}),
    (
        ByWord(
            ("source", "type"),
            {
                "spam complaint": RowMeaning.COMPLAINT,
                "bounce rule": RowMeaning.HARD_BOUNCE,
                "list unsubscribe": RowMeaning.UNSUBSCRIBED,
                "unsubscribe link": RowMeaning.UNSUBSCRIBED,
                "manually added": RowMeaning.SUPPRESSED,
                "compliance": RowMeaning.SUPPRESSED,
                "non_transactional": RowMeaning.UNSUBSCRIBED,
                "transactional": RowMeaning.SUPPRESSED,
            },
        ),
    ),
    dates=("updated", "created"),
)

_MAILJET = ImportFormat(
    "mailjet-contacts",
    frozenset({"email", "isexcludedfromcampaigns", "isspamcomplaining"}),
    (
        IfFilled("isexcludedfromcampaigns", RowMeaning.UNSUBSCRIBED),
        IfFilled("isspamcomplaining", RowMeaning.COMPLAINT),
    ),
    dates=("exclusionfromcampaignsupdatedat",),
)

_RESEND = ImportFormat(
    "resend-suppressions",
    frozenset({"id", "email", "origin", "created_at"}),
    (
        ByWord(
            ("origin",),
            {
                "bounce": RowMeaning.HARD_BOUNCE,
                "complaint": RowMeaning.COMPLAINT,
                "manual": RowMeaning.SUPPRESSED,
            },
        ),
    ),
    dates=("created_at",),
)

_POSTAL = ImportFormat(
    "postal-suppressions",
    frozenset({"type", "address", "reason", "timestamp", "keep_until"}),
    (
        ByWord(
            ("type", "reason"),
            {
                "recipient too many soft fails": RowMeaning.SOFT_BOUNCE,
                "recipient": RowMeaning.HARD_BOUNCE,
            },
        ),
    ),
    dates=("timestamp",),
    expires="keep_until",
)

_BREVO = ImportFormat(
    "brevo-blocked",
    frozenset({"email", "blockedat", "reason.code"}),
    (
        ByWord(
            ("reason.code",),
            {
                "unsubscribedviama": RowMeaning.UNSUBSCRIBED,
                "unsubscribedviaemail": RowMeaning.UNSUBSCRIBED,
                "unsubscribedviaapi": RowMeaning.UNSUBSCRIBED,
                "adminblocked": RowMeaning.SUPPRESSED,
                "hardbounce": RowMeaning.HARD_BOUNCE,
                "contactflaggedasspam": RowMeaning.COMPLAINT,
            },
        ),
    ),
    dates=("blockedat",),
)

DELIVERY_FORMATS = (
    *_SES,
    *_SENDGRID,
    *_MAILGUN,
    _POSTMARK,
    _MANDRILL,
    _SPARKPOST,
    _MAILJET,
    _RESEND,
    _POSTAL,
    _BREVO,
)
