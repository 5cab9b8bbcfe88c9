"""Checks the result of `make build`: complete, importable from the layers alone, and nothing more."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore
import pytest
import yaml

from tests.support.template import template

pytestmark = pytest.mark.system

BUILD = Path(__file__).parents[2] / ".aws-sam" / "build"
RESOURCES: dict[str, dict[str, Any]] = template()["Resources"]
FUNCTIONS = [n for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"]
CORE = BUILD / "CoreLayer" / "python"
BRAND = BUILD / "BrandLayer" / "brand"
DESK = BUILD / "DeskLayer" / "python"

# What Lambda's Python 3.13 contains. Everything else has to be in the layer. (certifi: botocore uses it if
# it is installed, as here, and otherwise its own certificates.)
_RUNTIME = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3", "certifi"}

# Imports one function as Lambda does, with the variables that Lambda sets. It prints the loaded files, and
# the files of botocore's own data that were opened.
_START = """
import importlib, json, os, sys
first, function, *layers, runtime, module = sys.argv[1:]
data, opened = os.path.join(runtime, "botocore", "data"), []
def watch(event, args):
    if event == "open" and str(args[0]).startswith(data):
        opened.append(args[0])
sys.addaudithook(watch)
sys.path[:0] = [first, function, *layers]
sys.path.append(runtime)
importlib.import_module(module)
files = {n: m.__file__ for n, m in sys.modules.items() if getattr(m, "__file__", None)}
print(json.dumps([files, opened]))
"""


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    assert (BUILD / "template.yaml").exists(), "make build first"


def test_the_built_template_has_no_aliases() -> None:
    """CloudFormation supports neither aliases nor merge keys, so SAM expands them."""
    events = list(yaml.parse((BUILD / "template.yaml").read_text(), yaml.SafeLoader))
    assert not [event for event in events if isinstance(event, yaml.AliasEvent)]
    assert "<<" not in {event.value for event in events if isinstance(event, yaml.ScalarEvent)}


def _environment(function: str) -> dict[str, str]:
    common = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = RESOURCES[function]["Properties"]["Environment"]["Variables"]
    given = dict.fromkeys((*common, *own), "1")
    return {
        **given,
        "BRAND_DIR": str(BRAND),
        "SERVICE_MODELS_DIR": str(BUILD / "CoreLayer" / "service_models"),
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # the discard port: nothing answers
        "PATH": os.environ["PATH"],  # noqa: TID251
    }


@pytest.fixture(scope="session")
def compiled_for_this_machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Comes before the layers' compiled packages, which are for Lambda's machine."""
    folder = tmp_path_factory.mktemp("compiled")
    site = Path(botocore.__file__).parents[1]
    for path in (site / "orjson", site / "cryptography", *site.glob("_cffi_backend.*.so")):
        (folder / path.name).symlink_to(path)
    return folder


def _start(function: str, first: Path) -> tuple[dict[str, Path], list[str]]:
    """Returns the files of the loaded modules, and the files of botocore's own data that were opened."""
    handler = RESOURCES[function]["Properties"].get("Handler", "app.handler")
    own = [BUILD / layer["Ref"] / "python" for layer in RESOURCES[function]["Properties"].get("Layers", ())]
    runtime = Path(botocore.__file__).parents[1]
    started = subprocess.run(
        [
            sys.executable,
            *("-I", "-S", "-B", "-c", _START),
            *map(str, (first, BUILD / function, CORE, *own, runtime, handler.split(".")[0])),
        ],
        env=_environment(function),
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr
    modules, opened = json.loads(started.stdout)
    return {name: Path(file) for name, file in modules.items()}, opened


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_contains_only_its_app(function: str) -> None:
    assert [path.name for path in (BUILD / function).iterdir()] == ["app.py"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_the_handler_that_the_template_names(function: str) -> None:
    handler = RESOURCES[function]["Properties"].get("Handler", "app.handler")
    module = ast.parse((BUILD / function / "app.py").read_text())
    defined = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert handler.split(".")[1] in defined


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_from_the_layers_alone_without_aws(
    function: str, compiled_for_this_machine: Path
) -> None:
    site = Path(botocore.__file__).parents[1]
    modules, opened = _start(function, compiled_for_this_machine)
    from_elsewhere = {
        file.relative_to(site).parts[0].removesuffix(".py")
        for file in modules.values()
        if file.is_relative_to(site)
    }
    assert from_elsewhere <= _RUNTIME
    assert opened == [], "the models of the services are in the layer"


def test_the_core_layer_contains_the_package_without_what_runs_elsewhere() -> None:
    source = Path(__file__).parents[2] / "layers" / "core"
    modules = {file.relative_to(source) for file in (source / "heed").rglob("*.py")}
    elsewhere = ("heed/entrypoints/cli", "heed/client", "heed/doctor", "heed/snapshot")
    left_out = {file for file in modules for folder in elsewhere if file.is_relative_to(folder)}
    assert left_out
    assert {f.relative_to(CORE) for f in (CORE / "heed").rglob("*.py")} == modules - left_out
    assert (CORE / "aws_lambda_powertools").is_dir()
    assert not (CORE / "brand_compiler").exists()
    assert not (CORE / "service_models.py").exists()
    assert not (CORE / "boto3").exists(), "it comes with the runtime"
    assert not (CORE / "python").exists(), "SAM adds no python/ to a makefile's layer: we do"


def test_only_the_parser_is_compiled_and_for_the_architecture_of_the_template() -> None:
    (machine,) = template()["Globals"]["Function"]["Architectures"]
    (compiled,) = CORE.rglob("*.so")
    assert machine == "arm64"
    assert compiled.relative_to(CORE).as_posix() == "orjson/orjson.cpython-313-aarch64-linux-gnu.so"


def test_the_layer_of_the_desk_is_compiled_for_the_architecture_of_the_template() -> None:
    compiled = {file.relative_to(DESK).as_posix(): file for file in DESK.rglob("*.so")}
    assert set(compiled) == {
        "_cffi_backend.cpython-313-aarch64-linux-gnu.so",
        "cryptography/hazmat/bindings/_rust.abi3.so",
    }
    aarch64 = (183).to_bytes(2, "little")  # the field e_machine of ELF
    assert {file.read_bytes()[18:20] for file in compiled.values()} == {aarch64}
    packages = {file.name for file in DESK.iterdir() if not file.name.endswith((".dist-info", ".so"))}
    assert packages == {"cffi", "cryptography", "joserfc", "pycparser"}


def test_bytecode_is_for_all_modules_or_none_and_for_lambdas_python() -> None:
    modules = [*CORE.rglob("*.py"), *BRAND.rglob("*.py"), *DESK.rglob("*.py")]
    compiled = [*CORE.rglob("*.pyc"), *BRAND.rglob("*.pyc"), *DESK.rglob("*.pyc")]
    assert all(path.name.endswith(".cpython-313.pyc") for path in compiled)
    assert len(compiled) in (0, len(modules))
    # Unchecked: zipping changes the file times that a checked one would compare.
    assert all(path.read_bytes()[4:8] == b"\x01\0\0\0" for path in compiled)


def test_a_page_is_rendered_from_the_layers_alone() -> None:
    script = """
import sys
from pathlib import Path
core, brand = sys.argv[1:]
sys.path.insert(0, core)
from heed.entrypoints.http.pages.pages import Pages
from heed.entrypoints.http.pages.views import LandingView
view = LandingView(language="en", brand="<M>", preferences_url="/p/x", topic="Offers")
print(Pages(Path(brand)).landing(view))
files = [sys.modules[name].__file__ for name in ("jinja2", "markupsafe")]
print(*files, "markupsafe._speedups" in sys.modules)
"""
    command = [sys.executable, "-I", "-S", "-B", "-c", script, str(CORE), str(BRAND)]
    *page, last = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    jinja2, markupsafe, is_compiled = last.split()
    assert "<title>Unsubscribe from Offers – &lt;M&gt;</title>" in page
    assert Path(jinja2).is_relative_to(CORE) and Path(markupsafe).is_relative_to(CORE)
    assert is_compiled == "False"


def test_a_time_zone_is_read_from_the_layer_alone() -> None:
    """Lambda does not promise the files of time zones that most machines have."""
    script = """
import sys, zoneinfo
sys.path.insert(0, sys.argv[1])
zoneinfo.reset_tzpath(to=())
from datetime import datetime
from heed.domain.imports.row_dates import find_zone
print(datetime(2026, 7, 1, tzinfo=find_zone("Europe/Berlin")).isoformat())
"""
    command = [sys.executable, "-I", "-S", "-B", "-c", script, str(CORE)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "2026-07-01T00:00:00+02:00\n"


def test_the_compiled_brand_is_where_the_functions_expect_it() -> None:
    catalogue = json.loads((BRAND / "catalogue.json").read_text())
    style = json.loads((BRAND / "pages" / "style.json").read_text())
    assert catalogue
    assert style
