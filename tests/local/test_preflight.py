from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from local.places import ROOT
from local.preflight import check_files, check_ports, reserve
from local.problem import LocalProblem


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_free_port_is_reserved_on_loopback_alone() -> None:
    port = _free_port()

    with reserve(port, "PORT") as bound:
        assert bound.getsockname() == ("127.0.0.1", port)


def test_a_taken_port_is_named_with_its_variable_and_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(LocalProblem) as problem:
            reserve(port, "AWS_PORT")

    assert problem.value.what.startswith(f"AWS_PORT {port} cannot be had")
    assert "make run PORT=8001 AWS_PORT=4567" in problem.value.remedy


@pytest.mark.parametrize(
    ("port", "aws_port", "name"),
    [(80_000, 4566, "PORT 80000"), (-1, 4566, "PORT -1"), (8000, 0, "AWS_PORT 0")],
)
def test_a_number_that_is_no_port_is_named_and_no_program_is_blamed(
    port: int, aws_port: int, name: str
) -> None:
    with pytest.raises(LocalProblem) as problem:
        check_ports(port, aws_port)

    assert problem.value.what == f"{name} is not a port number"
    assert "from 1 to 65535" in problem.value.remedy
    assert "end the program" not in problem.value.remedy


def test_a_setup_without_a_network_names_the_remedy(tmp_path: Path) -> None:
    python = tmp_path / "python"  # checks its version and makes a venv; its pip fails
    python.write_text(
        '#!/bin/sh\n[ "$2" = venv ] && mkdir -p "$3/bin" && exec cp "$0" "$3/bin/python"\n[ "$1" = -c ]\n'
    )
    python.chmod(0o755)

    made = subprocess.run(
        ["make", f"VENV={tmp_path}/venv", f"PYTHON={python}", f"{tmp_path}/venv/bin/uv"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 2
    assert "needs a network, or a package index that has what requirements/uv.txt lists" in made.stderr


def test_one_port_for_both_is_named() -> None:
    with pytest.raises(LocalProblem, match="PORT and AWS_PORT are both 8001"):
        check_ports(8001, 8001)


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalProblem, match=r"no template\.yaml"):
        check_files(tmp_path)


def test_missing_tools_are_named_with_what_installs_them(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").touch()

    with pytest.raises(LocalProblem) as problem:
        check_files(tmp_path)

    assert problem.value.remedy == "make setup"
