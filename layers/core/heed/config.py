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


def _required(variable: str) -> cached_property[str]:
    return cached_property(lambda config: config.environ[variable])


def _optional(variable: str) -> cached_property[str]:
    return cached_property(lambda config: config.environ.get(variable, ""))


def _number(variable: str) -> cached_property[int]:
    return cached_property(lambda config: int(config.environ[variable]))


class Config:
    """The settings of a deployment. Each property has the name of its variable in lower case."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:  # noqa: TID251
        self.environ = environ

    preferences_table = _required("PREFERENCES_TABLE")
    """Name of the table that holds the record of each recipient."""

    control_table = _required("CONTROL_TABLE")
    """Name of the table that holds API keys and the state of background work."""

    identity_key = _required("IDENTITY_KEY")
    """Id or ARN of the KMS key from which recipient ids are derived."""

    links_key = _required("LINKS_KEY")
    """Id or ARN of the KMS key that signs links."""

    @cached_property
    def link_key_ids(self) -> tuple[int, ...]:
        """Ids of the link keys that verify links, in ascending order. The last one signs new links."""
        return tuple(int(part) for part in self.environ.get("LINK_KEY_IDS", "1").split(","))

    @cached_property
    def public_url(self) -> str:
        """Base URL of each link, without a slash at the end. If it is empty, links use the API's own host."""
        return self.environ.get("PUBLIC_URL", "").rstrip("/")

    desk_issuer = _optional("DESK_ISSUER")
    """URL of the OpenID Connect issuer at which people sign in to the desk. If it is empty, there is none."""

    desk_domain = _optional("DESK_DOMAIN")
    """The host of the desk alone. If it is empty, the desk is at the host of the links."""

    desk_client_id = _optional("DESK_CLIENT_ID")
    """Id of the desk as a client of the issuer."""

    desk_client_secret_arn = _optional("DESK_CLIENT_SECRET_ARN")
    """ARN of the secret with the client's secret. If it is empty, the client is public."""

    desk_pool_parameter = _optional("DESK_POOL_PARAMETER")
    """Name of the parameter with issuer and client of the pool that the stack made. Empty: it made none."""

    desk_groups_claim = _required("DESK_GROUPS_CLAIM")
    """Name of the claim with the groups of a person."""

    desk_agent_group = _optional("DESK_AGENT_GROUP")
    """The group of the issuer whose people are agents."""

    desk_privacy_group = _optional("DESK_PRIVACY_GROUP")
    """The group of the issuer whose people are privacy officers."""

    mail_domain = _optional("MAIL_DOMAIN")
    """Domain of inbound mail for `mailto:` links. If it is empty, there are no such links."""

    opt_out_retry_queue_url = _required("OPT_OUT_RETRY_QUEUE_URL")
    """URL of the queue of opt-outs whose write failed."""

    feedback_dlq_url = _required("FEEDBACK_DLQ_URL")
    """URL of the dead-letter queue for feedback that cannot be parsed."""

    mail_from = _optional("MAIL_FROM")
    """Sender address of all mails. If it is empty, there is no form, and Heed sends no mail."""

    forward_to = _optional("FORWARD_TO")
    """The company's mailbox for mails that Heed does not act on. If it is empty, they become cases."""

    confirmation_set = _required("CONFIRMATION_SET")
    """Name of the SES configuration set for the mails that Heed sends."""

    confirmation_key_arn = _required("CONFIRMATION_KEY")
    """Id or ARN of the KMS key that signs confirmation links."""

    address_key = _required("ADDRESS_KEY")
    """Id or ARN of the KMS key that encrypts the address in a confirmation link."""

    @cached_property
    def snapshot_keys(self) -> tuple[str, ...]:
        """ARNs of the KMS keys whose snapshots are valid. The last one signs new snapshots."""
        return tuple(self.environ["SNAPSHOT_KEYS"].split(","))

    confirmation_requests_queue_url = _required("CONFIRMATION_REQUESTS_QUEUE_URL")
    """URL of the queue of confirmation requests from the form."""

    waiting_queue_url = _required("WAITING_QUEUE_URL")
    """URL of the waiting queue: confirmation requests that a cap holds back."""

    @cached_property
    def trusted_proxies(self) -> tuple[str, ...]:
        """Networks of the proxies whose `X-Forwarded-For` header is trusted. By default there are none."""
        return tuple(filter(None, self.environ.get("TRUSTED_PROXIES", "").split(",")))

    @cached_property
    def ses_tenants(self) -> tuple[str, ...]:
        """Names of the SES tenants from whose lists addresses are removed. By default there are none."""
        return tuple(filter(None, self.environ.get("SES_TENANTS", "").split(",")))

    confirmed_opt_ins_queue_url = _required("CONFIRMED_OPT_INS_QUEUE_URL")
    """URL of the queue of confirmed opt-ins, for the work after a confirmation."""

    opt_in_notifications_queue_url = _optional("OPT_IN_NOTIFICATIONS_QUEUE_URL")
    """URL of the adopter's own queue for confirmed addresses. If it is empty, nothing is sent there."""

    confirmations_per_network = _number("CONFIRMATIONS_PER_NETWORK")
    """Daily cap (24 hours) of opt-in confirmation mails that one network may cause."""

    key_mails_per_day = _number("KEY_MAILS_PER_DAY")
    """Daily cap (UTC) of confirmation mails that one API key may cause, for each intent."""

    confirmations_per_day = _number("CONFIRMATIONS_PER_DAY")
    """Daily cap (UTC) of all confirmation mails."""

    ledger_table = _required("LEDGER_TABLE")
    """Name of the table of ledger entries and their evidence."""

    ledger_bucket = _required("LEDGER_BUCKET")
    """Name of the bucket that holds the ledger's leaf hashes and seals."""

    mailbox_bucket = _required("MAILBOX_BUCKET")
    """Name of the bucket that holds inbound mails, and the mails of cases."""

    mailbox_dlq_url = _required("MAILBOX_DLQ_URL")
    """URL of the dead-letter queue for inbound mail that cannot be parsed."""

    bulk_bucket = _required("BULK_BUCKET")
    """Name of the bucket that holds the files of jobs."""

    job_machine = _required("JOB_MACHINE")
    """ARN of the state machine that works on jobs."""

    bulk_rate = _number("BULK_RATE")
    """The most rows per second that all writers of imports record."""

    bulk_concurrency = _number("BULK_CONCURRENCY")
    """Number of writers of imports at the same time."""

    ledger_function = _required("LEDGER_FUNCTION")
    """Name of the function that enters changes in the ledger. Its metrics show how far it is behind."""

    event_bus = _required("EVENT_BUS")
    """Name of the EventBridge bus that carries events to other systems."""

    ledger_dlq_url = _required("LEDGER_DLQ_URL")
    """URL of the dead-letter queue for the positions of stream records that cannot be parsed."""

    numbers_dlq_url = _required("NUMBERS_DLQ_URL")
    """URL of the dead-letter queue for events that cannot be parsed."""

    webhook_url = _required("WEBHOOK_URL")
    """URL that receives webhooks."""

    webhook_secret_arn = _required("WEBHOOK_SECRET_ARN")
    """ARN of the secret that signs webhooks."""

    webhook_queue_url = _required("WEBHOOK_QUEUE_URL")
    """URL of the queue of events to deliver as webhooks."""

    webhook_dlq_url = _required("WEBHOOK_DLQ_URL")
    """URL of the dead-letter queue for events that were not delivered."""

    minor_record_days = _number("MINOR_RECORD_DAYS")
    """Number of days for which the record of a reported minor is kept."""

    minor_reports_per_key = _number("MINOR_REPORTS_PER_KEY")
    """Daily cap of reports of minors by one API key that does not belong to a privacy officer.

    Further reports need a privacy officer.
    """

    ses_list_queue_url = _required("SES_LIST_QUEUE_URL")
    """URL of the queue of work on the SES list."""

    ses_list_dlq_url = _required("SES_LIST_DLQ_URL")
    """URL of the dead-letter queue for work on the SES list that cannot succeed."""

    opt_out_retry_dlq_url = _required("OPT_OUT_RETRY_DLQ_URL")
    """URL of the dead-letter queue for queued opt-outs that cannot be parsed."""

    confirmation_requests_dlq_url = _required("CONFIRMATION_REQUESTS_DLQ_URL")
    """URL of the dead-letter queue for confirmation requests that cannot be parsed."""

    confirmed_opt_ins_dlq_url = _required("CONFIRMED_OPT_INS_DLQ_URL")
    """URL of the dead-letter queue for confirmed opt-ins that cannot be parsed."""

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
