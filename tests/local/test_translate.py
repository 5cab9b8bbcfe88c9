"""The translated template of this repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from heed.adapters.stack import functions_by_short_name
from local.adapt import PARAMETERS
from local.places import ROOT
from local.routes import read_routes
from local.translate import translate
from local.translated import Translated


@pytest.fixture(scope="module")
def translated() -> Translated:
    return translate(ROOT / "template.yaml", PARAMETERS)


def test_the_template_has_the_parameters_of_the_local_stack(
    translated: Translated,
) -> None:
    assert set(PARAMETERS) <= set(translated.template["Parameters"])


def test_each_route_leads_to_a_function_of_the_template(translated: Translated) -> None:
    known = read_routes(translated.template)

    assert "POST /u/{token}" in {route.key for route in known}
    assert {route.function for route in known} <= set(translated.code)


def test_the_short_name_of_a_function_is_that_of_its_folder(translated: Translated) -> None:
    folders = {name: code.folder.name for name, code in translated.code.items()}
    names = functions_by_short_name(folders)

    assert names["opt-out-retry"] == "opt_out_retry"
    assert names == {name.replace("_", "-"): name for name in names.values()}
    assert len(names) == len(folders.keys() - {"CoreLayer", "BrandLayer", "DeskLayer"})


def test_functions_and_layers_are_built_where_sam_builds_them(translated: Translated) -> None:
    feedback, brand = translated.code["FeedbackFunction"], translated.code["BrandLayer"]

    assert feedback.makefile == ROOT / "functions" / "Makefile"
    assert feedback.works_in == ROOT / "functions" / "feedback"
    assert brand.makefile == Path(ROOT / "layers" / "brand" / "Makefile")
