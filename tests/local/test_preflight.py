from __future__ import annotations

import socket
from pathlib import Path

import pytest

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


def test_a_number_that_is_no_port_is_named() -> None:
    with pytest.raises(LocalProblem, match="PORT 70000 cannot be had"):
        reserve(70_000, "PORT")


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
