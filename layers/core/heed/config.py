"""Typed access to every environment variable.

Each variable is read once, when it is first needed. A function has only the variables that it uses. A
missing variable is a fault of the deployment: the function crashes with the name of the variable.
docs/reference/settings.md describes each variable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path


class Config:
    """The settings of a deployment. Each property has the name of its variable in lower case."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:  # noqa: TID251
        self.environ = environ

    @cached_property
    def preferences_table(self) -> str:
        """Name of the table that holds the record of each recipient."""
        return self.environ["PREFERENCES_TABLE"]

    @cached_property
    def control_table(self) -> str:
        """Name of the table that holds API keys and the state of background work."""
        return self.environ["CONTROL_TABLE"]

    @cached_property
    def identity_key(self) -> str:
        """Id or ARN of the KMS key from which recipient ids are derived."""
        return self.environ["IDENTITY_KEY"]

    @cached_property
    def links_key(self) -> str:
        """Id or ARN of the KMS key that signs links."""
        return self.environ["LINKS_KEY"]

    @cached_property
    def link_key_ids(self) -> tuple[int, ...]:
        """Ids of the link keys that verify links, in ascending order. The last one signs new links."""
        return tuple(int(part) for part in self.environ.get("LINK_KEY_IDS", "1").split(","))

    @cached_property
    def public_url(self) -> str:
        """Base URL of each link, without a slash at the end. If it is empty, links use the API's own host."""
        return self.environ.get("PUBLIC_URL", "").rstrip("/")

    @cached_property
    def mail_domain(self) -> str:
        """Domain of inbound mail for `mailto:` links. If it is empty, there are no such links."""
        return self.environ.get("MAIL_DOMAIN", "")

    @cached_property
    def opt_out_retry_queue_url(self) -> str:
        """URL of the queue of opt-outs whose write failed."""
        return self.environ["OPT_OUT_RETRY_QUEUE_URL"]

    @cached_property
    def feedback_dlq_url(self) -> str:
        """URL of the dead-letter queue for feedback that cannot be parsed."""
        return self.environ["FEEDBACK_DLQ_URL"]

    @cached_property
    def mail_from(self) -> str:
        """Sender address of confirmation mails. If it is empty, there is no form and no confirmation mail."""
        return self.environ.get("MAIL_FROM", "")

    @cached_property
    def confirmation_set(self) -> str:
        """Name of the SES configuration set for confirmation mails."""
        return self.environ["CONFIRMATION_SET"]

    @cached_property
    def confirmation_key_arn(self) -> str:
        """Id or ARN of the KMS key that signs confirmation links."""
        return self.environ["CONFIRMATION_KEY"]

    @cached_property
    def address_key(self) -> str:
        """Id or ARN of the KMS key that encrypts the address in a confirmation link."""
        return self.environ["ADDRESS_KEY"]

    @cached_property
    def confirmation_requests_queue_url(self) -> str:
        """URL of the queue of confirmation requests from the form."""
        return self.environ["CONFIRMATION_REQUESTS_QUEUE_URL"]

    @cached_property
    def waiting_queue_url(self) -> str:
        """URL of the waiting queue: confirmation requests that a cap holds back."""
        return self.environ["WAITING_QUEUE_URL"]

    @cached_property
    def trusted_proxies(self) -> tuple[str, ...]:
        """Networks of the proxies whose `X-Forwarded-For` header is trusted. By default there are none."""
        return tuple(filter(None, self.environ.get("TRUSTED_PROXIES", "").split(",")))

    @cached_property
    def confirmed_opt_ins_queue_url(self) -> str:
        """URL of the queue of confirmed opt-ins, for the work after a confirmation."""
        return self.environ["CONFIRMED_OPT_INS_QUEUE_URL"]

    @cached_property
    def opt_in_notifications_queue_url(self) -> str:
        """URL of the adopter's own queue for confirmed addresses. If it is empty, nothing is sent there."""
        return self.environ.get("OPT_IN_NOTIFICATIONS_QUEUE_URL", "")

    @cached_property
    def confirmations_per_network(self) -> int:
        """Daily cap (24 hours) of opt-in confirmation mails that one network may cause."""
        return int(self.environ["CONFIRMATIONS_PER_NETWORK"])

    @cached_property
    def key_mails_per_day(self) -> int:
        """Daily cap (24 hours) of opt-in confirmation mails that one API key may cause."""
        return int(self.environ["KEY_MAILS_PER_DAY"])

    @cached_property
    def confirmations_per_day(self) -> int:
        """Daily cap (UTC) of all confirmation mails."""
        return int(self.environ["CONFIRMATIONS_PER_DAY"])

    @cached_property
    def ledger_table(self) -> str:
        """Name of the table of ledger entries and their evidence."""
        return self.environ["LEDGER_TABLE"]

    @cached_property
    def ledger_bucket(self) -> str:
        """Name of the bucket that holds the ledger's leaf hashes and seals."""
        return self.environ["LEDGER_BUCKET"]

    @cached_property
    def event_bus(self) -> str:
        """Name of the EventBridge bus that carries events to other systems."""
        return self.environ["EVENT_BUS"]

    @cached_property
    def ledger_dlq_url(self) -> str:
        """URL of the dead-letter queue for the positions of stream records that cannot be parsed."""
        return self.environ["LEDGER_DLQ_URL"]

    @cached_property
    def minor_record_days(self) -> int:
        """Number of days for which the record of a reported minor is kept."""
        return int(self.environ["MINOR_RECORD_DAYS"])

    @cached_property
    def minor_reports_per_key(self) -> int:
        """Daily cap of reports of minors by one API key that does not belong to a privacy officer.

        Further reports need a privacy officer.
        """
        return int(self.environ["MINOR_REPORTS_PER_KEY"])

    @cached_property
    def ses_list_queue_url(self) -> str:
        """URL of the queue of work on the SES list."""
        return self.environ["SES_LIST_QUEUE_URL"]

    @cached_property
    def ses_list_dlq_url(self) -> str:
        """URL of the dead-letter queue for work on the SES list that cannot succeed."""
        return self.environ["SES_LIST_DLQ_URL"]

    @cached_property
    def opt_out_retry_dlq_url(self) -> str:
        """URL of the dead-letter queue for queued opt-outs that cannot be parsed."""
        return self.environ["OPT_OUT_RETRY_DLQ_URL"]

    @cached_property
    def confirmation_requests_dlq_url(self) -> str:
        """URL of the dead-letter queue for confirmation requests that cannot be parsed."""
        return self.environ["CONFIRMATION_REQUESTS_DLQ_URL"]

    @cached_property
    def confirmed_opt_ins_dlq_url(self) -> str:
        """URL of the dead-letter queue for confirmed opt-ins that cannot be parsed."""
        return self.environ["CONFIRMED_OPT_INS_DLQ_URL"]

    @cached_property
    def brand_dir(self) -> Path:
        """Directory of the compiled brand."""
        return Path(self.environ.get("BRAND_DIR", "/opt/brand"))

    @cached_property
    def service_models_dir(self) -> Path:
        """Directory of the service models in the core layer."""
        return Path(self.environ.get("SERVICE_MODELS_DIR", "/opt/service_models"))

    @cached_property
    def is_lambda(self) -> bool:
        """Whether the code runs as a Lambda function, where work during import is cheap."""
        return "AWS_LAMBDA_FUNCTION_NAME" in self.environ


class Shell:
    """Environment variables of the `heed` command. Functions do not use them."""

    COMPLETION = "_HEED_COMPLETE"

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:  # noqa: TID251
        self._environ = environ

    @cached_property
    def api_key(self) -> str:
        """The API key for a deployed stack, or "" if none is set."""
        return self._environ.get("HEED_API_KEY", "")

    @property
    def is_plain(self) -> bool:
        """Whether a terminal gets neither colours nor lines (https://no-color.org)."""
        return bool(self._environ.get("NO_COLOR")) or self._environ.get("TERM") == "dumb"

    @property
    def completion(self) -> str:
        """What a shell requests for the completion of a command line, or "" for a usual run."""
        return self._environ.get(self.COMPLETION, "")
