"""Sends requests to the API under /v1, as JSON. A URL never contains an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from heed.entrypoints.cli.failure import ApiRefused, CommandFailure
from heed.entrypoints.cli.stack import Stack

if TYPE_CHECKING:
    from heed.client.transport import Transport

_MAX_ATTEMPTS = 3


def post_to_api(stack: Stack, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - any JSON
    """Returns the answer to a POST, and retries a request that the API answers with 429 or 503.

    Raises:
        ApiRefused: The API answered with an error.
        CommandFailure: The API did not answer, or not with JSON.
    """
    return _send(stack, lambda transport: transport.post(path, body))


def get_from_api(stack: Stack, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Returns the answer to a GET. Retries and exceptions are those of `post_to_api`."""
    return _send(stack, lambda transport: transport.get(path))


def _send(stack: Stack, send: Callable[[Transport], Any]) -> Any:  # noqa: ANN401 - any JSON
    from heed.client.failures import NoAnswer, NotUnderstood, Refused
    from heed.client.transport import RetryRules, Transport

    # A person who waits learns at once that nothing answers.
    rules = RetryRules(attempts=_MAX_ATTEMPTS, repeats_unanswered=False)
    try:
        return send(Transport(stack.api, stack.api_key, rules))
    except Refused as error:
        raise ApiRefused(error.status, error.problem) from error
    except NoAnswer as error:
        raise CommandFailure(
            "the API does not answer", "check that the stack is running (`make run`), or check the network"
        ) from error
    except NotUnderstood as error:
        raise CommandFailure(
            "the API's answer is not JSON", "check the output ApiUrl of the stack"
        ) from error
