"""The build of a stack is kept until one of its sources changes."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest

from local.build import BRAND_LAYER, build, zip_functions
from local.install import VERSION_FILE
from local.places import Places
from local.problem import LocalProblem
from local.translated import Code, Translated

FUNCTION, LAYER = "SealFunction", "CoreLayer"
_MAKEFILE = "build-%:\n\t@cp app.py $(ARTIFACTS_DIR)\n"
_BRAND_MAKEFILE = (
    "build-%:\n\t@mkdir $(ARTIFACTS_DIR)/brand && cp $(BRAND)/colours.css $(ARTIFACTS_DIR)/brand\n"
)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A project with one function and one layer, and a brand of an adopter."""
    places = Places(tmp_path / "project", tmp_path / "home", 8000, 4566, brand=tmp_path / "brand")
    sample = places.root / "layers" / "brand"
    for folder in (places.root / "requirements", sample, places.wheels, places.emulator_venv):
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
    (function.parent / "Makefile").write_text(_MAKEFILE)
    (sample / "Makefile").write_text(_BRAND_MAKEFILE)
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "colours.css").write_text("red")
    return places


def _translated(places: Places) -> Translated:
    folder, brand = places.root / "functions", places.root / "layers" / "brand"
    function = Code(folder / "seal", folder / "Makefile", folder / "seal")
    layer = Code(folder / "seal", folder / "Makefile", folder / "seal", is_layer=True)
    brand_layer = Code(brand, brand / "Makefile", brand, is_layer=True)
    return Translated({}, {FUNCTION: function, LAYER: layer, BRAND_LAYER: brand_layer})


def _build(places: Places) -> tuple[str, str]:
    """Builds the project, and returns the code of its function and the colours of its brand."""
    with build(places, _translated(places)) as built:
        return (built.code / FUNCTION / "app.py").read_text(), (built.brand / "colours.css").read_text()


def _change(places: Places, name: str) -> None:
    file = places.root.parent / name
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as source:
        source.write("# changed\n")


def _forbidden(*command: object, **_: str) -> None:
    raise AssertionError(command)


def test_a_build_has_functions_and_layers_but_only_functions_are_zipped(places: Places) -> None:
    with build(places, _translated(places)) as built:
        zips = zip_functions(_translated(places), built)

        assert (built.code / LAYER / "app.py").read_text() == "SECONDS = 1\n"
    assert zips.keys() == {FUNCTION}
    assert zipfile.ZipFile(io.BytesIO(zips[FUNCTION])).read("app.py").decode() == "SECONDS = 1\n"


def test_a_second_start_runs_no_program_for_its_build(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _build(places)
    monkeypatch.setattr("local.build.run_program", _forbidden)

    assert _build(places) == first == ("SECONDS = 1\n", "red")


def test_a_build_is_not_removed_as_long_as_a_stack_uses_it(places: Places) -> None:
    with build(places, _translated(places)) as old:
        with build(places, _translated(places)) as same:
            _change(places, "project/functions/seal/app.py")
            with build(places, _translated(places)) as new:
                assert (old.code / FUNCTION / "app.py").read_text() == "SECONDS = 1\n"
        assert old == same != new
        _build(places)
        assert old.code.exists()

    assert _build(places) == ("SECONDS = 1\n# changed\n", "red")
    assert [*places.kept_builds.iterdir()] == [new.code]


@pytest.mark.parametrize(
    "name",
    [
        "project/functions/seal/app.py",
        "project/functions/Makefile",
        "project/layers/core/heed/clock.py",
        "project/layers/desk/requirements.txt",
        "project/requirements/dev.txt",
        f"project/.tools/wheels/{VERSION_FILE}",
        f"project/.tools/emulator/{VERSION_FILE}",
    ],
)
def test_a_changed_source_is_built(places: Places, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _build(places)
    _change(places, name)
    monkeypatch.setattr("local.build.run_program", _forbidden)

    with pytest.raises(AssertionError, match="build-SealFunction"):
        _build(places)


@pytest.mark.parametrize(
    "name",
    [
        "brand/locales/en.toml",
        "project/layers/brand/style.css",
    ],
)
def test_a_change_of_the_brand_builds_the_brand_alone(
    places: Places, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _build(places)
    _change(places, name)
    monkeypatch.setattr("local.build.run_program", _forbidden)

    with pytest.raises(AssertionError, match="build-BrandLayer"):
        _build(places)


def test_a_change_of_the_compiler_builds_the_brand(places: Places) -> None:
    with build(places, _translated(places)) as before:
        _change(places, "project/layers/core/brand_compiler/style.py")
        with build(places, _translated(places)) as after:
            assert before.brand != after.brand


def test_a_function_that_gets_the_code_of_another_folder_is_built(places: Places) -> None:
    other = places.root / "functions" / "other"
    other.mkdir()
    (other / "app.py").write_text("SECONDS = 2\n")
    _build(places)
    translated = _translated(places)
    translated.code[FUNCTION] = Code(other, other.parent / "Makefile", other)

    with build(places, translated) as built:
        assert (built.code / FUNCTION / "app.py").read_text() == "SECONDS = 2\n"


def test_a_build_whose_removal_was_interrupted_is_not_used(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = places.root / "functions" / "seal" / "app.py"
    with build(places, _translated(places)) as built:
        removed = built.code / FUNCTION / "app.py"
    _change(places, "project/functions/seal/app.py")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: removed.unlink(missing_ok=True))
        _build(places)
    app.write_text("SECONDS = 1\n")

    assert _build(places) == ("SECONDS = 1\n", "red")


def test_a_build_that_was_interrupted_is_not_used(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("local.build._compile", _forbidden)
        with pytest.raises(AssertionError):
            _build(places)

    assert _build(places) == ("SECONDS = 1\n", "red")
    (only,) = places.kept_builds.iterdir()
    assert (only / FUNCTION / "__pycache__").exists()


def test_a_build_that_failed_is_built_again(places: Places) -> None:
    makefile = places.root / "functions" / "Makefile"
    makefile.write_text(f"{_MAKEFILE}\t@exit 1\n")
    with pytest.raises(LocalProblem, match="this command failed"):
        _build(places)
    makefile.write_text(_MAKEFILE)

    assert _build(places) == ("SECONDS = 1\n", "red")
