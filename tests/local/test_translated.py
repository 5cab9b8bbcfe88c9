"""The translated template is kept until the template changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from local.adapt import PARAMETERS, make_parameters
from local.install import VERSION_FILE
from local.places import ROOT, Places
from local.translate import translate
from local.translated import Translated, translate_once

TEMPLATE = """
Resources:
  SealFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile, ContextPath: functions}
    Properties: {CodeUri: functions/seal, Handler: app.handler, Runtime: python3.13}
  CoreLayer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: makefile}
    Properties: {ContentUri: layers/core}
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path, tmp_path / "home", 8000, 4566)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").touch()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return places


def _translate_twice(places: Places) -> Translated:
    first = translate_once(places, PARAMETERS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("local.translate.translate", _forbidden)
        assert translate_once(places, PARAMETERS) == first
    return first


def _forbidden(*arguments: object) -> None:
    raise AssertionError(arguments)


def test_a_second_start_gets_the_same_template_without_translating_it(places: Places) -> None:
    assert _translate_twice(places) == translate(places.root / "template.yaml", PARAMETERS)


def test_the_template_of_the_project_is_the_same_after_it_was_kept(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    (places.root / "template.yaml").write_text((ROOT / "template.yaml").read_text("utf-8"), "utf-8")
    made: list[Translated] = []

    def translate_and_record(path: Path, parameters: Mapping[str, str]) -> Translated:
        made.append(translate(path, parameters))
        return made[-1]

    monkeypatch.setattr("local.translate.translate", translate_and_record)

    assert [translate_once(places, PARAMETERS)] == made


@pytest.mark.parametrize("name", ["template.yaml", "requirements/dev.txt"])
def test_a_changed_source_is_translated(places: Places, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    translate_once(places, PARAMETERS)
    with (places.root / name).open("a") as source:
        source.write("# changed\n")
    monkeypatch.setattr("local.translate.translate", _forbidden)

    with pytest.raises(AssertionError):
        translate_once(places, PARAMETERS)


def test_other_parameters_are_translated(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    translate_once(places, PARAMETERS)
    monkeypatch.setattr("local.translate.translate", _forbidden)

    with pytest.raises(AssertionError):
        translate_once(places, make_parameters("http://127.0.0.1:9999/hook"))


def test_a_translation_that_was_interrupted_is_not_used(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    translated = translate_once(places, PARAMETERS)
    (places.root / "template.yaml").write_text(TEMPLATE.replace("seal", "sweep"))
    with monkeypatch.context() as patch:
        patch.setattr("local.translate.translate", _forbidden)
        with pytest.raises(AssertionError):
            translate_once(places, PARAMETERS)
    assert not (places.kept_translation / VERSION_FILE).exists()
    (places.kept_translation / "template.json").write_text('{"Resour')
    (places.root / "template.yaml").write_text(TEMPLATE)

    assert translate_once(places, PARAMETERS) == translated
