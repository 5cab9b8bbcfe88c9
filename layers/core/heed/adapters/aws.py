"""Clients of AWS, and what their failures mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from heed.domain.errors import StoreUnavailable

# Short, because behind every call a person or a mail client waits: all attempts together take nine
# seconds at most, of which template.yaml counts the time of each function.
CLIENT_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=16,
)

_ONCE = CLIENT_CONFIG.merge(Config(read_timeout=8, retries={"total_max_attempts": 1}))

FAILURES = (ClientError, BotoCoreError)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def client_factory() -> Callable[..., Any]:
    """Makes clients of AWS by the service's name, each once; `once=True`: one that repeats no call.

    That is for what must not happen twice because an answer was lost. botocore without boto3's layer saves
    a tenth of the cold start.
    """

    @cache
    def client(service: str, *, once: bool = False) -> Any:  # noqa: ANN401 - each caller names its type
        return _session().create_client(service, config=_ONCE if once else CLIENT_CONFIG)

    return client


def error_code(error: BaseException) -> str:
    """AWS's code of a failure, or the class of one that never reached AWS."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def is_invalid_request(error: BaseException) -> bool:
    """Whether a request was wrong in itself: a bug, that no later attempt heals."""
    return error_code(error) in ("ValidationException", "ParamValidationError")


def to_store_unavailable(error: BaseException) -> StoreUnavailable:
    """What a failure of a table is to the use cases.

    A request that was wrong in itself too: what a person asked for then waits in a queue, until somebody
    has mended the bug, instead of being lost with a crash.
    """
    return StoreUnavailable(error_code(error))


def required_member(answer: Mapping[str, Any], named: str) -> Any:  # noqa: ANN401 - what AWS says there
    """What an answer holds under a name that every such answer has.

    botocore takes a body that is no JSON, one cut on the way, for an answer without content: nobody
    on record, who may be sent to.

    Raises:
        StoreUnavailable: the answer cannot be read.
    """
    if named not in answer:
        raise StoreUnavailable("the answer cannot be read")
    return answer[named]
