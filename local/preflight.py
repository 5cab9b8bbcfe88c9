"""What must be so before a stack can start; whatever is not is named with its remedy."""

from __future__ import annotations

import shutil
import socket
from typing import TYPE_CHECKING

from local.problem import LocalProblem

if TYPE_CHECKING:
    from pathlib import Path


def check_files(root: Path) -> None:
    """The template and the tools that install and build."""
    if not (root / "template.yaml").exists():
        raise LocalProblem(f"there is no template.yaml in {root}", "run this from the project")
    if not (root / ".venv" / "bin" / "uv").exists():
        raise LocalProblem("there is no .venv/bin/uv", "make setup")
    if shutil.which("make") is None:
        raise LocalProblem("there is no make", "install it from your system's packages")


def check_ports(port: int, aws_port: int) -> None:
    """Two ports: bound and not yet listened on, one would be given twice."""
    for name, number in (("PORT", port), ("AWS_PORT", aws_port)):
        if not 1 <= number <= 65_535:
            raise LocalProblem(
                f"{name} {number} is not a port number",
                "choose a number from 1 to 65535:\n    make run PORT=8001 AWS_PORT=4567",
            )
    if port == aws_port:
        raise LocalProblem(
            f"PORT and AWS_PORT are both {port}",
            "choose two different ports:\n    make run PORT=8001 AWS_PORT=4567",
        )


def reserve(port: int, variable: str) -> socket.socket:
    """A socket bound to this port of loopback; `variable` is what chooses another."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError as error:
        bound.close()
        raise LocalProblem(
            f"{variable} {port} cannot be had: {error.strerror}",
            "end the program or stack that holds it, or choose other ports:\n"
            "    make run PORT=8001 AWS_PORT=4567",
        ) from error
    return bound
