"""The build of a stack is kept until one of its sources changes."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest

from local.build import build
from local.install import VERSION_FILE
from local.places import Places
from local.problem import LocalProblem
from local.translate import Code, Translated

FUNCTION = "SealFunction"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A project with one function, and a brand of an adopter."""
    (tmp_path / "brand").mkdir()
    places = Places(tmp_path / "project", tmp_path / "home", 8000, 4566, brand=tmp_path / "brand")
    for folder in (places.root / "requirements", places.root / "layers", places.wheels, places.emulator_venv):
        folder.mkdir(parents=True)
    (places.root / "requirements" / "dev.txt").touch()
    for folder in (places.wheels, places.emulator_venv):
        (folder / VERSION_FILE).write_text("1")
    for venv in (places.emulator_venv, places.root / ".venv"):
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").symlink_to(sys.executable)
    function = places.root / "functions" / "seal"
    function.mkdir(parents=True)
    (function / "app.py").write_text("SECONDS = 1\n")
    (function.parent / "Makefile").write_text("build-%:\n\t@cp app.py $(ARTIFACTS_DIR)\n")
    return places


def _build(places: Places) -> str:
    """Builds the function, and returns its code."""
    folder = places.root / "functions"
    code = Code(folder / "seal", folder / "Makefile", folder / "seal")
    archive = io.BytesIO(build(places, Translated({}, {FUNCTION: code}))[FUNCTION])
    content = zipfile.ZipFile(archive).read("app.py").decode()
    assert (places.build / FUNCTION / "app.py").read_text() == content
    return content


def _forbidden(*command: object, **_: str) -> None:
    raise AssertionError(command)


def test_a_second_start_runs_no_program_for_its_build(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _build(places)
    (places.build / FUNCTION / "app.py").write_text("of the first stack")
    monkeypatch.setattr("local.build.run_program", _forbidden)

    assert _build(places) == first == "SECONDS = 1\n"


@pytest.mark.parametrize(
    "name",
    [
        "project/functions/seal/app.py",
        "project/functions/Makefile",
        "project/layers/core/heed/clock.py",
        "project/requirements/dev.txt",
        f"project/.tools/wheels/{VERSION_FILE}",
        f"project/.tools/emulator/{VERSION_FILE}",
        "brand/locales/en.toml",
    ],
)
def test_a_changed_source_is_built(places: Places, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _build(places)
    file = places.root.parent / name
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as source:
        source.write("# changed\n")
    monkeypatch.setattr("local.build.run_program", _forbidden)

    with pytest.raises(AssertionError, match="make"):
        _build(places)


def test_a_build_that_was_interrupted_is_not_used(places: Places) -> None:
    makefile = places.root / "functions" / "Makefile"
    text = makefile.read_text()
    makefile.write_text(f"{text}\t@exit 1\n")
    with pytest.raises(LocalProblem, match="this command failed"):
        _build(places)
    makefile.write_text(text)

    assert _build(places) == "SECONDS = 1\n"
