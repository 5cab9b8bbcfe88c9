"""The files of services that deliver mail. docs/reference/imports.md describes them."""

from __future__ import annotations

from heed.domain.imports.formats import (
    Always,
    ByWord,
    Certainty,
    IfFilled,
    ImportFormat,
    Items,
    Meaning,
    TopicColumns,
)

_OPT_OUT = {"opt_out": Meaning.TOPIC_UNSUBSCRIBED, "opt_in": Meaning.SUBSCRIBED}
_TRUE = {"true": Meaning.UNSUBSCRIBED, "false": Meaning.SUBSCRIBED, "": Meaning.SUBSCRIBED}

_SES = (
    ImportFormat(
        "ses-suppressions",
        frozenset({"emailaddress", "reason"}),
        (ByWord(("reason",), {"bounce": Meaning.HARD_BOUNCE, "complaint": Meaning.COMPLAINT}),),
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
        (Always(Meaning.HARD_BOUNCE),),
        dates=("created",),
        is_exact=True,
        file_name="bounce",
    ),
    ImportFormat(
        "sendgrid-blocks",
        frozenset({"status", "reason", "email", "created"}),
        (Always(Meaning.BLOCK),),
        dates=("created",),
        is_exact=True,
        file_name="block",
    ),
    ImportFormat(
        "sendgrid-unsubscribes",
        frozenset({"email", "created"}),
        (Always(Meaning.UNSUBSCRIBED),),
        dates=("created",),
        is_exact=True,
    ),
    ImportFormat(
        "sendgrid-spam-reports",
        frozenset({"ip", "email", "created"}),
        (Always(Meaning.COMPLAINT),),
        dates=("created",),
        is_exact=True,
    ),
    ImportFormat(
        "sendgrid-invalid-emails",
        frozenset({"reason", "email", "created"}),
        (Always(Meaning.HARD_BOUNCE),),
        Certainty.LIKELY,
        dates=("created",),
        is_exact=True,
    ),
    ImportFormat(
        "sendgrid-groups",
        frozenset({"email", "group_id", "group_name", "created_at"}),
        (Always(Meaning.TOPIC_UNSUBSCRIBED, topic="group_name"),),
        dates=("created_at",),
    ),
    ImportFormat(
        "sendgrid-group",
        frozenset({"email"}),
        (Always(Meaning.UNSUBSCRIBED),),
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
        (Always(Meaning.HARD_BOUNCE),),
        dates=("created_at",),
    ),
    ImportFormat(
        "mailgun-unsubscribes",
        frozenset({"address", "tags", "created_at"}),
        (
            ByWord(
                ("tags",),
                {"*": Meaning.UNSUBSCRIBED, "": Meaning.UNSUBSCRIBED},
                Meaning.TOPIC_UNSUBSCRIBED,
                is_list=True,
            ),
        ),
        dates=("created_at",),
    ),
    ImportFormat(
        "mailgun-complaints",
        frozenset({"address", "created_at"}),
        (Always(Meaning.COMPLAINT),),
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
                "hardbounce": Meaning.HARD_BOUNCE,
                "spamcomplaint": Meaning.COMPLAINT,
                "manualsuppression recipient": Meaning.UNSUBSCRIBED,
                "manualsuppression": Meaning.SUPPRESSED,
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
                "hard-bounce": Meaning.HARD_BOUNCE,
                "soft-bounce": Meaning.SOFT_BOUNCE,
                "spam": Meaning.COMPLAINT,
                "unsub": Meaning.UNSUBSCRIBED,
                "custom": Meaning.SUPPRESSED,
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
                "spam complaint": Meaning.COMPLAINT,
                "bounce rule": Meaning.HARD_BOUNCE,
                "list unsubscribe": Meaning.UNSUBSCRIBED,
                "unsubscribe link": Meaning.UNSUBSCRIBED,
                "manually added": Meaning.SUPPRESSED,
                "compliance": Meaning.SUPPRESSED,
                "non_transactional": Meaning.UNSUBSCRIBED,
                "transactional": Meaning.SUPPRESSED,
            },
        ),
    ),
    dates=("updated", "created"),
)

_MAILJET = ImportFormat(
    "mailjet-contacts",
    frozenset({"email", "isexcludedfromcampaigns", "isspamcomplaining"}),
    (
        IfFilled("isexcludedfromcampaigns", Meaning.UNSUBSCRIBED),
        IfFilled("isspamcomplaining", Meaning.COMPLAINT),
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
                "bounce": Meaning.HARD_BOUNCE,
                "complaint": Meaning.COMPLAINT,
                "manual": Meaning.SUPPRESSED,
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
                "recipient too many soft fails": Meaning.SOFT_BOUNCE,
                "recipient": Meaning.HARD_BOUNCE,
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
                "unsubscribedviama": Meaning.UNSUBSCRIBED,
                "unsubscribedviaemail": Meaning.UNSUBSCRIBED,
                "unsubscribedviaapi": Meaning.UNSUBSCRIBED,
                "adminblocked": Meaning.SUPPRESSED,
                "hardbounce": Meaning.HARD_BOUNCE,
                "contactflaggedasspam": Meaning.COMPLAINT,
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
