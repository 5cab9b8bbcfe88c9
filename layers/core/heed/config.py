"""Every environment variable, typed, each read once and when it is first needed.

A function has only the variables that it uses; asking for one that is not there is a fault of the
deployment and crashes with its name. docs/operations.md describes each.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path


class Config:
    """What the deployment says, by the name of the variable in lower case."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:  # noqa: TID251
        self.environ = environ

    @cached_property
    def preferences_table(self) -> str:
        """Name of the table of registers."""
        return self.environ["PREFERENCES_TABLE"]

    @cached_property
    def control_table(self) -> str:
        """Name of the table of API keys and jobs."""
        return self.environ["CONTROL_TABLE"]

    @cached_property
    def identity_key(self) -> str:
        """KMS key that recipient ids are derived with: id or ARN."""
        return self.environ["IDENTITY_KEY"]

    @cached_property
    def links_key(self) -> str:
        """KMS key that links are signed under: id or ARN."""
        return self.environ["LINKS_KEY"]

    @cached_property
    def link_key_ids(self) -> tuple[int, ...]:
        """Ids of link keys that verify, ascending; the last one mints."""
        return tuple(int(part) for part in self.environ.get("LINK_KEY_IDS", "1").split(","))

    @cached_property
    def public_url(self) -> str:
        """Base of every link, without a slash at the end; empty: the API's own host."""
        return self.environ.get("PUBLIC_URL", "").rstrip("/")

    @cached_property
    def mail_domain(self) -> str:
        """Domain of inbound mail for `mailto:` links; empty: there are none."""
        return self.environ.get("MAIL_DOMAIN", "")

    @cached_property
    def opt_out_retry_queue_url(self) -> str:
        """Queue of opt-outs whose write failed."""
        return self.environ["OPT_OUT_RETRY_QUEUE_URL"]

    @cached_property
    def feedback_dlq_url(self) -> str:
        """Where feedback that can never be understood is kept."""
        return self.environ["FEEDBACK_DLQ_URL"]

    @cached_property
    def mail_from(self) -> str:
        """Address that confirmation mails come from; empty: there are none, nor a form that asks for one."""
        return self.environ.get("MAIL_FROM", "")

    @cached_property
    def confirmation_set(self) -> str:
        """SES configuration set of confirmation mails."""
        return self.environ["CONFIRMATION_SET"]

    @cached_property
    def confirmation_key_arn(self) -> str:
        """KMS key that confirmation links are signed under: id or ARN."""
        return self.environ["CONFIRMATION_KEY"]

    @cached_property
    def address_key(self) -> str:
        """KMS key that encrypts the address in a confirmation link: id or ARN."""
        return self.environ["ADDRESS_KEY"]

    @cached_property
    def confirmation_requests_queue_url(self) -> str:
        """Queue of what was entered in the form."""
        return self.environ["CONFIRMATION_REQUESTS_QUEUE_URL"]

    @cached_property
    def waiting_queue_url(self) -> str:
        """Queue of those whose mail a cap holds back."""
        return self.environ["WAITING_QUEUE_URL"]

    @cached_property
    def trusted_proxies(self) -> tuple[str, ...]:
        """Networks of the proxies that are believed whom they heard a request from; none: nobody is."""
        return tuple(filter(None, self.environ.get("TRUSTED_PROXIES", "").split(",")))

    @cached_property
    def confirmed_opt_ins_queue_url(self) -> str:
        """Queue of what follows from a confirmed yes."""
        return self.environ["CONFIRMED_OPT_INS_QUEUE_URL"]

    @cached_property
    def opt_in_notifications_queue_url(self) -> str:
        """The adopter's own queue of addresses that asked to be mailed; empty: it is not told."""
        return self.environ.get("OPT_IN_NOTIFICATIONS_QUEUE_URL", "")

    @cached_property
    def confirmations_per_network(self) -> int:
        """Confirmation mails for the way back that one network may cause a day."""
        return int(self.environ["CONFIRMATIONS_PER_NETWORK"])

    @cached_property
    def confirmations_per_day(self) -> int:
        """Confirmation mails a day (UTC) in all."""
        return int(self.environ["CONFIRMATIONS_PER_DAY"])

    @cached_property
    def ledger_table(self) -> str:
        """Name of the table of evidence."""
        return self.environ["LEDGER_TABLE"]

    @cached_property
    def ledger_bucket(self) -> str:
        """Name of the bucket of hashes and seals."""
        return self.environ["LEDGER_BUCKET"]

    @cached_property
    def event_bus(self) -> str:
        """Name of the bus on which other systems hear of changes."""
        return self.environ["EVENT_BUS"]

    @cached_property
    def ledger_dlq_url(self) -> str:
        """Where the place of a stream record is kept that can never be understood."""
        return self.environ["LEDGER_DLQ_URL"]

    @cached_property
    def minor_record_days(self) -> int:
        """How long the tombstone of a minor is kept."""
        return int(self.environ["MINOR_RECORD_DAYS"])

    @cached_property
    def minor_reports_per_key(self) -> int:
        """How many minors a key that is no officer's may report in a day before an officer decides."""
        return int(self.environ["MINOR_REPORTS_PER_KEY"])

    @cached_property
    def ses_list_queue_url(self) -> str:
        """Queue of what is to be done about SES's own suppression list."""
        return self.environ["SES_LIST_QUEUE_URL"]

    @cached_property
    def ses_list_dlq_url(self) -> str:
        """Where what can never be done about that list is kept."""
        return self.environ["SES_LIST_DLQ_URL"]

    @cached_property
    def opt_out_retry_dlq_url(self) -> str:
        """Where an opt-out of later that can never be understood is kept."""
        return self.environ["OPT_OUT_RETRY_DLQ_URL"]

    @cached_property
    def confirmation_requests_dlq_url(self) -> str:
        """Where a request for a mail that can never be understood is kept."""
        return self.environ["CONFIRMATION_REQUESTS_DLQ_URL"]

    @cached_property
    def confirmed_opt_ins_dlq_url(self) -> str:
        """Where a confirmed yes that can never be understood is kept."""
        return self.environ["CONFIRMED_OPT_INS_DLQ_URL"]

    @cached_property
    def brand_dir(self) -> Path:
        """Folder of the compiled brand."""
        return Path(self.environ.get("BRAND_DIR", "/opt/brand"))

    @cached_property
    def deployed(self) -> bool:
        """Whether this runs as a Lambda function, where work at import is cheap."""
        return "AWS_LAMBDA_FUNCTION_NAME" in self.environ


class Shell:
    """What a person's shell tells the `heed` command; no function has it."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:  # noqa: TID251
        self._environ = environ

    @cached_property
    def api_key(self) -> str:
        """The API key for a deployed stack; empty: there is none."""
        return self._environ.get("HEED_API_KEY", "")
