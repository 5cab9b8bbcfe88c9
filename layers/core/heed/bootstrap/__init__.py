"""The composition root. It decides which adapter implements which port.

Functions, the command line and tests get their parts here. A part is created when it is first used, and is
cached. Each property imports its own classes. A Lambda function therefore loads only the code that it needs,
and importing a function needs no AWS.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from heed.adapters import aws
from heed.bootstrap.desk import DeskParts
from heed.bootstrap.job_work import JobWorkParts
from heed.bootstrap.mailbox import MailboxParts
from heed.bootstrap.webhooks import WebhookParts
from heed.config import Config
from heed.domain.errors import DependencyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable


class Heed(MailboxParts, JobWorkParts, DeskParts, WebhookParts):
    """All parts of one deployment. Two objects of this class share nothing, not even AWS clients."""

    @classmethod
    def from_environment(cls) -> Heed:
        """Returns the parts of a Lambda function. Each environment variable is read when it is needed."""
        config = Config()
        return cls(config, aws.client_factory(config.service_models_dir))

    def warm_up(self, create: Callable[[], object]) -> None:
        """Creates parts during the cold start of a Lambda function, where that work is cheap.

        If AWS is unavailable, the first request tries again. The import of a function never fails because of
        that.

        Args:
            create: Reads the parts that the function's requests will need.
        """
        if self.config.is_lambda:
            with suppress(DependencyUnavailable):
                create()
