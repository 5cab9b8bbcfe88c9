"""Checks before a stack starts. Each failed check names its remedy."""

from __future__ import annotations

import shutil
import socket
from typing import TYPE_CHECKING

from heed.adapters.http_urls import is_permitted_url
from local.problem import LocalProblem

if TYPE_CHECKING:
    from pathlib import Path


def check_files(root: Path) -> None:
    """Checks the template and the tools for installation and build.

    Raises:
        LocalProblem: One of them is missing.
    """
    if not (root / "template.yaml").exists():
        raise LocalProblem(f"{root} has no template.yaml", "run the command in a clone of the repository")
    if not (root / ".venv" / "bin" / "uv").exists():
        raise LocalProblem("the program .venv/bin/uv is not installed", "run `make setup`")
    if shutil.which("make") is None:
        raise LocalProblem("the command `make` is not installed", "install it from your system's packages")


def check_webhook_url(url: str) -> None:
    """Checks that webhooks may go to a URL. "" means that there are none.

    Raises:
        LocalProblem: It is neither https nor on this machine.
    """
    if url and not is_permitted_url(url, loopback=True):
        raise LocalProblem(
            "WEBHOOK_URL is neither https nor on this machine",
            "choose another:\n    make run WEBHOOK_URL=http://127.0.0.1:9999/hook",
        )


def check_ports(port: int, aws_port: int) -> None:
    """Checks that both ports are port numbers and that they differ.

    `reserve_port` would not notice equal ports: a port on which nothing listens yet can be bound twice.

    Raises:
        LocalProblem: A port is not a port number, or the ports are equal.
    """
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


def reserve_port(port: int, variable: str) -> socket.socket:
    """Returns a socket that is bound to a port of loopback.

    Args:
        port: The port.
        variable: The name of the variable that chooses another port, for the message.

    Raises:
        LocalProblem: The port is in use or not allowed.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError as error:
        bound.close()
        raise LocalProblem(
            f"{variable} {port} cannot be used: {error.strerror}",
            "end the program or stack that uses it, or choose other ports:\n"
            "    make run PORT=8001 AWS_PORT=4567",
        ) from error
    return bound
