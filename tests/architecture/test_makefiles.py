"""The Makefiles work on other machines."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_an_old_make_fails_with_a_clear_message() -> None:
    """Make 3.81 of macOS runs each line of a recipe in its own shell, so recipes fail in the middle."""
    old = subprocess.run(
        ["make", ".FEATURES=", "help"],  # noqa: S607 - the make of this machine
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert old.returncode == 2
    assert "GNU make 4" in old.stderr


def test_a_deployment_to_production_names_its_brand() -> None:
    command = ("make", "chosen-brand", "ENV=production")
    forgotten, named = (
        subprocess.run([*command, f"BRAND={brand}"], cwd=ROOT, capture_output=True, text=True, check=False)
        for brand in ("", "layers/brand")
    )

    assert forgotten.returncode == 2
    assert "BRAND=../my-brand" in forgotten.stderr
    assert named.returncode == 0


def test_the_folder_of_a_brand_may_have_spaces(tmp_path: Path) -> None:
    """`abspath` of make takes a space for the end of a name."""
    command = ("make", "--dry-run", "--assume-old=setup", "brand", f"BRAND={tmp_path}/my own  brand")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert f'layers/brand "{tmp_path}/my own  brand" --preview' in done.stdout, done.stderr


def test_du_is_called_with_portable_options() -> None:
    """Only POSIX options are portable. The `du` of BSD has no long options."""
    makefiles = [ROOT / "layers" / layer / "Makefile" for layer in ("core", "desk")]
    calls = [call for file in makefiles for call in re.findall(r"\bdu (\S+)", file.read_text())]
    assert calls == ["-sk", "-sk"]
