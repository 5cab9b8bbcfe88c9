"""Every environment variable, typed, each read once and when it is first needed.

A function has only the variables that it uses; asking for one that is not there is a fault of the
deployment and crashes with its name. docs/operations.md describes each.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path


class Settings:
    """What the deployment says, by the name of the variable in lower case."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:  # noqa: TID251
        self._environ = environ

    @cached_property
    def preferences_table(self) -> str:
        """Name of the table of registers."""
        return self._environ["PREFERENCES_TABLE"]

    @cached_property
    def control_table(self) -> str:
        """Name of the table of API keys and jobs."""
        return self._environ["CONTROL_TABLE"]

    @cached_property
    def identity_key(self) -> str:
        """KMS key that recipient ids are derived with: id or ARN."""
        return self._environ["IDENTITY_KEY"]

    @cached_property
    def links_key(self) -> str:
        """KMS key that links are signed under: id or ARN."""
        return self._environ["LINKS_KEY"]

    @cached_property
    def link_key_ids(self) -> tuple[int, ...]:
        """Ids of link keys that verify, ascending; the last one mints."""
        return tuple(int(part) for part in self._environ.get("LINK_KEY_IDS", "1").split(","))

    @cached_property
    def public_url(self) -> str:
        """Base of every link, without a slash at the end; empty: the API's own host."""
        return self._environ.get("PUBLIC_URL", "").rstrip("/")

    @cached_property
    def mail_domain(self) -> str:
        """Domain of inbound mail for `mailto:` links; empty: there are none."""
        return self._environ.get("MAIL_DOMAIN", "")

    @cached_property
    def later_queue_url(self) -> str:
        """Queue of opt-outs whose write failed."""
        return self._environ["LATER_QUEUE_URL"]

    @cached_property
    def feedback_dlq_url(self) -> str:
        """Where feedback that can never be understood is kept."""
        return self._environ["FEEDBACK_DLQ_URL"]

    @cached_property
    def brand_dir(self) -> Path:
        """Folder of the compiled brand."""
        return Path(self._environ.get("BRAND_DIR", "/opt/brand"))

    @cached_property
    def deployed(self) -> bool:
        """Whether this runs as a Lambda function, where work at import is cheap."""
        return "AWS_LAMBDA_FUNCTION_NAME" in self._environ


class Shell:
    """What a person's shell tells the `heed` command; no function has it."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:  # noqa: TID251
        self._environ = environ

    @cached_property
    def api_key(self) -> str:
        """The API key for a deployed stack; empty: there is none."""
        return self._environ.get("HEED_API_KEY", "")
