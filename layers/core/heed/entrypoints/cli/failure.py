"""The exit codes, and the failures of a command: one line for a person, with the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from heed.domain.errors import DependencyUnavailable, HeedError


class Exit(IntEnum):
    """All exit codes of `heed`."""

    YES = 0
    """The command is done, or the answer is yes."""
    NO = 1
    """The answer is no, for at least one of several people."""
    USAGE = 2
    """The arguments or the request are invalid."""
    FAILED = 3
    """The command failed, or it is not known whether it succeeded."""


class CommandFailure(HeedError):
    """A failure that ends the command. Its text names the problem and the remedy."""

    exit = Exit.FAILED

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}: {remedy}")


class WrongUsage(CommandFailure):
    """The arguments are invalid."""

    exit = Exit.USAGE


_TRY_AGAIN = "try again in a moment"
_SIGN_IN = "sign in (aws sso login) or name a profile (AWS_PROFILE=…)"
_REACH = "check that the stack is running (`make run`), or check the network"
_ALLOW = "use an AWS identity that has this permission"

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
        "try again; if a function was called, its log shows what it did",
    ),
}
_REMEDIES = {  # by AWS's error code
    "ExpiredToken": _SIGN_IN,
    "ExpiredTokenException": _SIGN_IN,
    "InvalidClientTokenId": _SIGN_IN,
    "UnrecognizedClientException": _SIGN_IN,
    "AccessDenied": _ALLOW,
    "AccessDeniedException": _ALLOW,
    "ResourceNotFoundException": "check whether the stack is complete or is being deleted",
}


def explain_aws_failure(error: DependencyUnavailable) -> CommandFailure:
    """Returns the failure of an AWS call in words for a person."""
    code = str(error)
    problem, remedy = _NOT_ANSWERED.get(code, (f"AWS answers {code}", _REMEDIES.get(code, _TRY_AGAIN)))
    return CommandFailure(problem, remedy)


_EXTRAS = {"cryptography": "cli,snapshot", "mcp": "mcp"}
"""The extras of this package for a module that the extra `cli` does not have."""


def explain_missing_module(module: str) -> CommandFailure:
    """Returns the failure of a command whose Python package is not installed."""
    extras = _EXTRAS.get(module, "cli")
    return CommandFailure(
        f"this command needs {module}, which is not installed",
        f"install it with: pip install 'layers/core[{extras}]'",
    )


class ApiRefused(HeedError):
    """The API answered with an error status.

    Attributes:
        exit: The exit code of the command.
    """

    def __init__(self, status: int, problem: Mapping[str, object]) -> None:
        super().__init__(_format_problem(status, problem))
        self.exit = Exit.USAGE if status in _INVALID_REQUEST else Exit.FAILED


_INVALID_REQUEST = (400, 422)
_REMEDY_BY_STATUS = {
    401: "create a key (heed keys create) and set HEED_API_KEY to it",
    403: "use a key with the scope for this command (heed keys create … --scope …), and an allowed purpose",
    404: "check the id, and check that the stack is as new as this command",
    409: "a privacy officer must lift the hold first (heed lift --suppression hold)",
}
_REMEDY_BY_TYPE = {
    "urn:heed:problem:case-decided": "heed case show ID shows the decision",
    "urn:heed:problem:job-conflict": "heed jobs show ID shows the state of the job",
    "urn:heed:problem:too-many-jobs": "heed jobs list shows them; heed jobs cancel ID ends one",
    "urn:heed:problem:import-too-long": "split the file, or raise BulkRate, and import it again",
    "urn:heed:problem:second-owner-needed": (
        "set HEED_API_KEY to a key of another owner (heed keys create … --owner OTHER --scope privacy)"
    ),
}


def _format_problem(status: int, problem: Mapping[str, object]) -> str:
    """Returns a problem (RFC 9457) as one line, and one more line with a JSON pointer for each fault."""
    title = problem.get("title") or problem.get("message") or "the API refuses the request"
    faults = problem.get("errors")
    if isinstance(faults, list) and faults:
        lines = (f"  {fault['pointer'] or '/'}: {fault['detail']}" for fault in faults)
        return "\n".join((f"{title} ({status})", *lines))
    remedy = _TRY_AGAIN if status >= 429 else "check the output ApiUrl of the stack"
    remedy = _REMEDY_BY_STATUS.get(status, remedy)
    return f"{title} ({status}): {_REMEDY_BY_TYPE.get(str(problem.get('type')), remedy)}"
