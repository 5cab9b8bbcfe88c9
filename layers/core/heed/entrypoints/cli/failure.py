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

# Failures of the AWS library before AWS answered, by their class.
_NOT_ANSWERED = {
    "NoCredentialsError": ("there are no AWS credentials", _SIGN_IN),
    "PartialCredentialsError": ("the AWS credentials are incomplete", _SIGN_IN),
    "CredentialRetrievalError": ("the AWS credentials cannot be read", _SIGN_IN),
    "ProfileNotFound": ("there is no such AWS profile", _SIGN_IN),
    "SSOTokenLoadError": ("the AWS sign-in is missing", _SIGN_IN),
    "TokenRetrievalError": ("the AWS sign-in has expired", _SIGN_IN),
    "UnauthorizedSSOTokenError": ("the AWS sign-in has expired", _SIGN_IN),
    "NoRegionError": ("no AWS region is set", "name the region (AWS_DEFAULT_REGION=…)"),
    "ConnectTimeoutError": ("AWS cannot be reached", _REACH),
    "ConnectionClosedError": ("AWS closed the connection", _REACH),
    "EndpointConnectionError": ("AWS cannot be reached", _REACH),
    "ReadTimeoutError": (
        "AWS did not answer in time",
        "try again; if a function was called, its log says what it did",
    ),
}
_REMEDIES = {  # by AWS's error code
    "ExpiredToken": _SIGN_IN,
    "ExpiredTokenException": _SIGN_IN,
    "InvalidClientTokenId": _SIGN_IN,
    "UnrecognizedClientException": _SIGN_IN,
    "AccessDenied": _ALLOW,
    "AccessDeniedException": _ALLOW,
    "ResourceNotFoundException": "see whether the stack is complete, or being deleted",
}


def aws_failure(error: DependencyUnavailable) -> CommandFailure:
    """Returns the failure of an AWS call in words for a person."""
    code = str(error)
    problem, remedy = _NOT_ANSWERED.get(code, (f"AWS answers {code}", _REMEDIES.get(code, _AGAIN)))
    return CommandFailure(problem, remedy)


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
