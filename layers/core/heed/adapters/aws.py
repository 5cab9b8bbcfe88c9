"""AWS clients, and the translation of their failures into Heed's errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError

from heed.domain.errors import DependencyUnavailable, StoreUnavailable

# The time limits are short, because a person or a mail client waits for every call. All attempts of one
# call together take nine seconds at most. template.yaml derives the time-out of each function from that.
CLIENT_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=16,
)

_ONCE = CLIENT_CONFIG.merge(Config(read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1}))

# A presigned URL needs these settings. Otherwise botocore makes URLs of the global endpoint, which redirects
# for days after the creation of a bucket, with an old signature that drops the condition of an upload.
_OF_SERVICE = {"s3": Config(signature_version="s3v4", s3={"addressing_style": "virtual"})}

# A proxy may answer in place of AWS. botocore then cannot parse the answer; that error has no base class.
FAILURES = (ClientError, BotoCoreError, ResponseParserError)

# A file is missing or damaged, or the botocore of Lambda's runtime does not understand it. botocore has a
# class for some of these cases, and otherwise stumbles over the data. A fault that is not in the files raises
# the same error again when botocore's own are used.
_UNUSABLE = (BotoCoreError, ValueError, LookupError, AttributeError, TypeError, OSError)

_log = logging.getLogger(__name__)


@cache
def _session(service_models: Path | None) -> botocore.session.Session:
    session = botocore.session.get_session()
    if service_models is not None:
        folder = str(service_models)
        loader = Loader([folder], include_default_search_paths=False)
        # botocore treats endpoints from elsewhere as an adopter's own, and would not apply its newer rules.
        loader.BUILTIN_DATA_PATH = folder
        session.register_component("data_loader", loader)
    return session


def _create_from_folder(service_models: Path, service: str, config: Config) -> Any:  # noqa: ANN401 - as botocore has it
    """Creates a client from a folder of models, and resolves an endpoint with its rules.

    botocore evaluates the rules at each request only. Rules that it does not understand must fail here.
    """
    client: Any = _session(service_models).create_client(service, config=config)
    model = client.meta.service_model
    operation = model.operation_model(model.operation_names[-1])
    # botocore has no public way. The rules of S3 take another course for a request without a bucket.
    client._resolve_endpoint_ruleset(operation, {"Bucket": "bucket"}, {})  # noqa: SLF001
    return client


def client_factory(service_models: Path | None = None) -> Callable[..., Any]:
    """Returns a function that creates a client by the name of its AWS service and caches it.

    With `once=True` that function returns a client that makes no retries. It is for a call that must not
    take effect twice when its response is lost. botocore without boto3 saves a tenth of the cold start.

    Args:
        service_models: The folder in the core layer with the models of the services. botocore takes much
            longer to find and parse its own (docs/decisions/0055). A client whose model is unusable gets
            botocore's own. None means that all clients do.
    """

    @cache
    def client(service: str, *, once: bool = False) -> Any:  # noqa: ANN401 - each caller names its type
        config = (_ONCE if once else CLIENT_CONFIG).merge(_OF_SERVICE.get(service, Config()))
        if service_models is not None:
            try:
                return _create_from_folder(service_models, service, config)
            except _UNUSABLE as error:
                _log.warning("botocore's own model of %s is used: %s", service, type(error).__name__)
        return _session(None).create_client(service, config=config)

    return client


def error_code(error: BaseException) -> str:
    """Returns the error code from AWS, or the class name of an error that did not come from AWS."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


@contextmanager
def failures_as(kind: type[DependencyUnavailable]) -> Iterator[None]:
    """Converts each failure of a call in the block into an error of Heed, with the error code as its text."""
    try:
        yield
    except FAILURES as error:
        raise kind(error_code(error)) from error


def is_missing_object(error: BaseException) -> bool:
    """Returns whether S3 has no object with the key. A response without a body has only the status."""
    return error_code(error) in ("NoSuchKey", "404")


def is_invalid_request(error: BaseException) -> bool:
    """Returns whether AWS or botocore rejected the request as invalid. That is a bug: a retry cannot help."""
    return error_code(error) in ("ValidationException", "ParamValidationError")


def to_store_unavailable(error: BaseException) -> StoreUnavailable:
    """Converts a failure of a store into the error that the use cases expect.

    This includes an invalid request. A person's opt-out then waits in a queue until the bug is fixed. A crash
    would lose it.
    """
    return StoreUnavailable(error_code(error))


def required_member(response: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - its type depends on the name
    """Returns the member of a response that every complete response of its kind has.

    botocore parses a body that is not JSON, such as a truncated body, as an empty response. An empty response
    would mean that there is no record, so that mail may be sent.

    Raises:
        StoreUnavailable: The response is incomplete.
    """
    if name not in response:
        raise StoreUnavailable("the response is incomplete")
    return response[name]
