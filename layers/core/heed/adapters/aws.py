"""Clients of AWS, made once each, and what their failures mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from heed.domain.errors import StoreUnavailable

# Short, because behind every call a person or a mail client waits: all attempts together take nine
# seconds at most, of which template.yaml counts the time of each function.
CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=16,
)

_SINGLE = CONFIG.merge(Config(read_timeout=8, retries={"total_max_attempts": 1}))

FAILURES = (ClientError, BotoCoreError)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def client(service: str) -> Any:  # noqa: ANN401 - each caller names its own client type
    """A client of a service. botocore without boto3's layer: a tenth less of the cold start."""
    return _session().create_client(service, config=CONFIG)


@cache
def single(service: str) -> Any:  # noqa: ANN401 - each caller names its own client type
    """A client that makes each call once: for what must not happen twice because an answer was lost."""
    return _session().create_client(service, config=_SINGLE)


def code(error: BaseException) -> str:
    """AWS's code of a failure, or the class of one that never reached AWS."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def is_our_fault(error: BaseException) -> bool:
    """Whether a request was wrong in itself: a bug, that no later attempt heals."""
    return code(error) in ("ValidationException", "ParamValidationError")


def unavailable(error: BaseException) -> StoreUnavailable:
    """What a failure of a table is to the use cases.

    A request that was wrong in itself too: what a person asked for then waits in a queue, until somebody
    has mended the bug, instead of being lost with a crash.
    """
    return StoreUnavailable(code(error))


def whole(answer: Mapping[str, Any], named: str) -> Any:  # noqa: ANN401 - what AWS says there
    """What an answer holds under a name that every such answer has.

    botocore takes a body that is no JSON, one cut on the way, for an answer without content: nobody
    on record, who may be sent to.

    Raises:
        StoreUnavailable: the answer cannot be read.
    """
    if named not in answer:
        raise StoreUnavailable("the answer cannot be read")
    return answer[named]
