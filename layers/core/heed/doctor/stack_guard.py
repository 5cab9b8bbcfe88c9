"""Runs the checks of a stack, so that one that cannot be made does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from heed.doctor.findings import CheckName, DoctorFinding, not_checked
from heed.domain.errors import DependencyUnavailable, NotFound
from heed.entrypoints.cli.failure import ApiRefused, CommandFailure, explain_aws_failure

_MEND = "make it possible, and run heed doctor again; docs/cli.md lists the permissions"


def guarded(name: CheckName, check: Callable[[], DoctorFinding]) -> DoctorFinding:
    """Returns the finding of a check, or that it could not be made."""
    (finding,) = guarded_each(name, lambda: [check()])
    return finding


def guarded_each(name: CheckName, checks: Callable[[], Iterable[DoctorFinding]]) -> Iterator[DoctorFinding]:
    """Yields the findings of several checks until one cannot be made.

    Args:
        name: the check that could not be made, if one cannot.
        checks: makes the checks.
    """
    try:
        yield from checks()
    except DependencyUnavailable as error:
        # The code of an AWS error is one word. The failure of a web server or of the DNS is a sentence.
        text = str(error)
        yield not_checked(name, text if " " in text else str(explain_aws_failure(error)), _MEND)
    except (ApiRefused, CommandFailure, NotFound) as error:
        yield not_checked(name, str(error), _MEND)
