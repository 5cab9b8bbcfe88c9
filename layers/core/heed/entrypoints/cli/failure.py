"""What ends a command: one line for a person, with the remedy."""

from __future__ import annotations

from collections.abc import Mapping

from heed.domain.errors import DependencyUnavailable, HeedError
from heed.entrypoints.cli.command import Exit


class CommandFailure(HeedError):
    """What is in the way, and what to do about it."""

    exit = Exit.FAILED

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}")


class WrongUsage(CommandFailure):
    """What was asked cannot be meant so."""

    exit = Exit.USAGE


_AGAIN = "try again in a moment"
_SIGN_IN = "sign in (aws sso login) or name a profile (AWS_PROFILE=…)"
_REACH = "see that the stack runs (make run), or that there is a network"
_ALLOW = "use an AWS identity that may do this"

# By AWS's code of the failure, or the class of one that never reached AWS.
_REMEDIES = {
    "NoCredentialsError": _SIGN_IN,
    "PartialCredentialsError": _SIGN_IN,
    "CredentialRetrievalError": _SIGN_IN,
    "ProfileNotFound": _SIGN_IN,
    "SSOTokenLoadError": _SIGN_IN,
    "TokenRetrievalError": _SIGN_IN,
    "UnauthorizedSSOTokenError": _SIGN_IN,
    "ExpiredToken": _SIGN_IN,
    "ExpiredTokenException": _SIGN_IN,
    "InvalidClientTokenId": _SIGN_IN,
    "UnrecognizedClientException": _SIGN_IN,
    "NoRegionError": "name the region (AWS_DEFAULT_REGION=…)",
    "AccessDenied": _ALLOW,
    "AccessDeniedException": _ALLOW,
    "ResourceNotFoundException": "see whether the stack is whole, or being deleted",
    "ConnectTimeoutError": _REACH,
    "ConnectionClosedError": _REACH,
    "EndpointConnectionError": _REACH,
    "ReadTimeoutError": "try again; if a function was called, its log says what it did",
}


def aws_failure(error: DependencyUnavailable) -> CommandFailure:
    """What it means to a person that AWS did not do something."""
    code = str(error)
    return CommandFailure(f"AWS answers {code}", _REMEDIES.get(code, _AGAIN))


def missing_module_failure(module: str) -> CommandFailure:
    """A part that an installation without its extra has not."""
    return CommandFailure(f"this needs {module}, which is not installed", "pip install 'layers/core[aws]'")


class ApiRefused(HeedError):
    """The API answered, and not with 200.

    Attributes:
        exit: of the command.
    """

    def __init__(self, status: int, problem: Mapping[str, object]) -> None:
        super().__init__(_words(status, problem))
        self.exit = Exit.USAGE if status in _OURS else Exit.FAILED


_OURS = (400, 422)
_OF_STATUS = {
    401: "make a key (heed keys create) and put it into HEED_API_KEY",
    403: "use a key and a purpose that permit this (heed keys create … --scope …)",
    404: "see the id; or is the stack of an older version than this command?",
    409: "lift it first (heed lift --register hold), or wait until it ends",
}


def _words(status: int, problem: Mapping[str, object]) -> str:
    """A problem (RFC 9457) as a line, and one more for each fault with its pointer."""
    title = problem.get("title") or problem.get("message") or "the API refuses"
    faults = problem.get("errors")
    if isinstance(faults, list) and faults:
        lines = (f"  {fault['pointer'] or '/'}: {fault['detail']}" for fault in faults)
        return "\n".join((f"{title} ({status})", *lines))
    remedy = _AGAIN if status >= 429 else "see the stack's output ApiUrl"
    return f"{title} ({status}): {_OF_STATUS.get(status, remedy)}"
