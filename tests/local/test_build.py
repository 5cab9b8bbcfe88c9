"""The build of a stack is kept until one of its sources changes."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest

from local.build import build, zip_functions
from local.install import VERSION_FILE
from local.places import Places
from local.problem import LocalProblem
from local.translated import Code, Translated

FUNCTION, LAYER = "SealFunction", "CoreLayer"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A project with one function and one layer, and a brand of an adopter."""
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


def _translated(places: Places) -> Translated:
    folder = places.root / "functions"
    function = Code(folder / "seal", folder / "Makefile", folder / "seal")
    layer = Code(folder / "seal", folder / "Makefile", folder / "seal", is_layer=True)
    return Translated({}, {FUNCTION: function, LAYER: layer})


def _build(places: Places) -> str:
    """Builds the function, and returns its code."""
    with build(places, _translated(places)) as folder:
        return (folder / FUNCTION / "app.py").read_text()


def _change(places: Places, code: str) -> None:
    (places.root / "functions" / "seal" / "app.py").write_text(code)


def _forbidden(*command: object, **_: str) -> None:
    raise AssertionError(command)


def test_a_build_has_functions_and_layers_but_only_functions_are_zipped(places: Places) -> None:
    with build(places, _translated(places)) as folder:
        zips = zip_functions(_translated(places), folder)

        assert (folder / LAYER / "app.py").read_text() == "SECONDS = 1\n"
    assert zips.keys() == {FUNCTION}
    assert zipfile.ZipFile(io.BytesIO(zips[FUNCTION])).read("app.py").decode() == "SECONDS = 1\n"


def test_a_second_start_runs_no_program_for_its_build(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _build(places)
    monkeypatch.setattr("local.build.run_program", _forbidden)

    assert _build(places) == first == "SECONDS = 1\n"


def test_a_build_is_not_removed_as_long_as_a_stack_uses_it(places: Places) -> None:
    with build(places, _translated(places)) as old:
        with build(places, _translated(places)) as same:
            _change(places, "SECONDS = 2\n")
            with build(places, _translated(places)) as new:
                assert (old / FUNCTION / "app.py").read_text() == "SECONDS = 1\n"
        assert old == same != new
        assert _build(places) == "SECONDS = 2\n"
        assert old.exists()

    assert _build(places) == "SECONDS = 2\n"
    assert [*places.kept_builds.iterdir()] == [new]


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


def test_a_build_that_was_interrupted_is_not_used(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("local.build._compile", _forbidden)
        with pytest.raises(AssertionError):
            _build(places)

    assert _build(places) == "SECONDS = 1\n"
    (only,) = places.kept_builds.iterdir()
    assert (only / FUNCTION / "__pycache__").exists()


def test_a_build_that_failed_is_built_again(places: Places) -> None:
    makefile = places.root / "functions" / "Makefile"
    text = makefile.read_text()
    makefile.write_text(f"{text}\t@exit 1\n")
    with pytest.raises(LocalProblem, match="this command failed"):
        _build(places)
    makefile.write_text(text)

    assert _build(places) == "SECONDS = 1\n"
