from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from local.places import ROOT
from local.preflight import check_files, check_ports, check_webhook_url, reserve_port
from local.problem import LocalProblem


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_free_port_is_reserved_on_loopback_only() -> None:
    port = _free_port()

    with reserve_port(port, "PORT") as bound:
        assert bound.getsockname() == ("127.0.0.1", port)


def test_a_used_port_is_reported_with_its_variable_and_a_remedy() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(LocalProblem) as problem:
            reserve_port(port, "AWS_PORT")

    assert problem.value.summary.startswith(f"AWS_PORT {port} cannot be used")
    assert "make run PORT=8001 AWS_PORT=4567" in problem.value.remedy


@pytest.mark.parametrize(
    ("port", "aws_port", "name"),
    [(80_000, 4566, "PORT 80000"), (-1, 4566, "PORT -1"), (8000, 0, "AWS_PORT 0")],
)
def test_an_invalid_port_number_is_reported_with_its_own_remedy(port: int, aws_port: int, name: str) -> None:
    with pytest.raises(LocalProblem) as problem:
        check_ports(port, aws_port)

    assert problem.value.summary == f"{name} is not a port number"
    assert "from 1 to 65535" in problem.value.remedy
    assert "end the program" not in problem.value.remedy


def test_a_setup_without_a_network_names_the_remedy(tmp_path: Path) -> None:
    python = tmp_path / "python"  # checks its version and makes a venv; its pip fails
    python.write_text(
        '#!/bin/sh\n[ "$2" = venv ] && mkdir -p "$3/bin" && exec cp "$0" "$3/bin/python"\n[ "$1" = -c ]\n'
    )
    python.chmod(0o755)

    setup = subprocess.run(
        ["make", f"VENV={tmp_path}/venv", f"PYTHON={python}", f"{tmp_path}/venv/bin/uv"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert setup.returncode == 2
    assert "needs a network, or a package index that has what requirements/uv.txt lists" in setup.stderr


@pytest.mark.parametrize("url", ["http://crm.example.com/", "127.0.0.1:9999", "ftp://localhost/"])
def test_a_url_of_webhooks_elsewhere_without_https_is_reported(url: str) -> None:
    with pytest.raises(LocalProblem) as problem:
        check_webhook_url(url)
    assert "make run WEBHOOK_URL=" in problem.value.remedy


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9999/hook", "https://crm.example.com/heed"])
def test_any_other_url_of_webhooks_is_accepted(url: str) -> None:
    check_webhook_url(url)


def test_two_equal_ports_are_reported() -> None:
    with pytest.raises(LocalProblem, match="PORT and AWS_PORT are both 8001"):
        check_ports(8001, 8001)


def test_a_missing_template_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LocalProblem, match=r"no template\.yaml"):
        check_files(tmp_path)


def test_missing_tools_are_reported_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").touch()

    with pytest.raises(LocalProblem) as problem:
        check_files(tmp_path)

    assert problem.value.remedy == "run `make setup`"
