"""Which part may import what: functions → entrypoints, bootstrap → use_cases → domain ← codec ← adapters."""

from __future__ import annotations

import ast
import functools
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers" / "core"
HEED = CORE / "heed"
CLI = HEED / "entrypoints" / "cli"
FUNCTIONS = ROOT / "functions"

# Of each part of heed: the parts that it may import, and the libraries.
MAY = {
    "domain": ({"domain"}, {"idna"}),
    "use_cases": ({"use_cases", "domain"}, set()),
    "codec": ({"codec", "domain"}, set()),
    "adapters": (
        {"adapters", "codec", "domain", "use_cases", "override"},
        {"boto3", "botocore"},
    ),
    "entrypoints": (
        {"entrypoints", "codec", "use_cases", "domain", "cold_start", "override"},
        {"aws_lambda_powertools", "orjson"},
    ),
    "bootstrap": (
        {"bootstrap", "use_cases", "adapters", "domain", "entrypoints", "config"},
        set(),
    ),
    "override": (set[str](), {"typing_extensions"}),
    "cold_start": (set[str](), set[str]()),
    "config": (set[str](), set[str]()),
    "functions": (
        {"bootstrap", "entrypoints", "use_cases", "domain", "cold_start"},
        {"aws_lambda_powertools"},
    ),
}
TYPES_ALONE = "mypy_boto3_"  # stubs, imported under TYPE_CHECKING


class Import(NamedTuple):
    """An import: the file, and the module as `heed.domain.links.link_token` or `botocore`."""

    file: Path
    module: str


@functools.cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def part_of(file: Path) -> str:
    if file.is_relative_to(FUNCTIONS):
        return "functions"
    if file.is_relative_to(CLI):
        return "cli"
    return file.relative_to(HEED).parts[0].removesuffix(".py")


def sources(*parts: str) -> list[Path]:
    files = [*HEED.rglob("*.py"), *FUNCTIONS.rglob("*.py")]
    return sorted(file for file in files if not parts or part_of(file) in parts)


def imports(*parts: str) -> Iterator[Import]:
    """Every import, those within functions too; `from heed import bootstrap` as `heed.bootstrap`."""
    for file in sources(*parts):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Import):
                yield from (Import(file, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: a relative import"
                if node.module == "heed":
                    yield from (Import(file, f"heed.{alias.name}") for alias in node.names)
                else:
                    yield Import(file, node.module or "")


def is_allowed(module: str, parts: set[str], libraries: set[str]) -> bool:
    top, *rest = module.split(".")
    if top == "heed":
        return bool(rest) and rest[0] in parts
    return top in sys.stdlib_module_names or top in libraries or top.startswith(TYPES_ALONE)


@pytest.mark.parametrize("part", MAY)
def test_each_part_imports_what_it_may_and_nothing_else(part: str) -> None:
    parts, libraries = MAY[part]
    wrong = [
        f"{found.file.relative_to(ROOT)} imports {found.module}"
        for found in imports(part)
        if not is_allowed(found.module, parts, libraries)
    ]
    assert wrong == []


def test_the_compiled_parser_is_on_the_path_of_feedback_alone() -> None:
    users = [found.file for found in imports() if found.module == "orjson"]
    assert users == [HEED / "entrypoints" / "ses_events.py"]


def test_items_of_dynamodb_come_in_by_the_stream_alone() -> None:
    users = {found.file for found in imports("entrypoints") if "heed.codec" in found.module}
    assert users == {HEED / "entrypoints" / "stream.py"}


def test_every_part_has_source() -> None:
    assert all(sources(part) for part in MAY)


def test_adapters_know_of_the_use_cases_only_their_ports() -> None:
    known = {found.module for found in imports("adapters") if "heed.use_cases" in found.module}
    assert all(module.split(".")[2] == "ports" for module in known), known


def test_aws_is_spoken_to_by_adapters_alone() -> None:
    speaking = {
        part_of(found.file) for found in imports() if found.module.split(".")[0] in ("boto3", "botocore")
    }
    assert speaking == {"adapters"}


def test_the_bootstrap_is_known_to_functions_and_the_command_line_alone() -> None:
    known = {part_of(f.file) for f in imports() if f.module.startswith("heed.bootstrap")}
    assert known == {"functions", "cli", "bootstrap"}


@pytest.mark.parametrize("app", sorted(FUNCTIONS.glob("*/app.py")), ids=lambda app: app.parent.name)
def test_the_collector_rests_until_the_first_request_of_each_function(app: Path) -> None:
    script = (
        "import gc, importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('app', {str(app)!r})\n"
        "app = importlib.util.module_from_spec(spec)\n"
        "class Import:\n"
        "    def find_spec(self, name, *_):\n"
        "        seen.append((name, gc.isenabled()))\n"
        "seen = []\n"
        "sys.meta_path.insert(0, Import())\n"
        "spec.loader.exec_module(app)\n"
        "libraries = {on for name, on in seen if name in ('aws_lambda_powertools', 'botocore')}\n"
        "print(*sorted(libraries), gc.isenabled())\n"
        "try:\n"
        "    app.handler({}, None)\n"
        "except BaseException:\n"
        "    pass\n"
        "print(gc.isenabled())"
    )
    resting, first_request_over = ["False", "False"], ["True"]
    assert _run(script, CORE, _site_packages()) == [*resting, *first_request_over]


def test_the_environment_is_read_in_one_place() -> None:
    reading = {
        file
        for file in sources()
        for node in ast.walk(parsed(file))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"))
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }
    assert reading <= {HEED / "config.py"}


def test_nobody_catches_everything() -> None:
    catching = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sources()
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or any(
                isinstance(name, ast.Name) and name.id in ("Exception", "BaseException")
                for name in ast.walk(node.type)
            )
        )
    ]
    assert catching == []


def test_the_domain_has_no_clock_no_chance_and_no_io() -> None:
    doing = {"time", "random", "secrets", "socket", "os", "io", "pathlib", "subprocess", "logging"}
    doing |= {"urllib.request", "http", "threading", "asyncio", "uuid", "sys"}
    found = {(found.file.name, found.module) for found in imports("domain")}
    assert {pair for pair in found if pair[1] in doing} == set()
    calls = {
        (file.name, node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id)
        for file in sources("domain")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name))
    }
    acts = {"now", "utcnow", "today", "open", "print", "input"}
    assert {pair for pair in calls if pair[1] in acts} == set()


def test_a_function_is_one_thin_file() -> None:
    folders = [path for path in FUNCTIONS.iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        files = [path.name for path in folder.iterdir() if path.name != "__pycache__"]
        assert files == ["app.py"], folder
        lines = [line for line in (folder / "app.py").read_text().splitlines() if line.strip()]
        assert len(lines) <= 100, folder


def test_no_file_is_long() -> None:
    lengths = {str(file): len(file.read_text().splitlines()) for file in sources()}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def _run(script: str, *path: Path) -> list[str]:
    """What a fresh interpreter without any site packages but these prints."""
    code = f"import sys; sys.path[:0] = {[str(one) for one in path]!r}\n{script}"
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_the_domain_needs_nothing_but_python_and_idna(tmp_path: Path) -> None:
    idna = importlib.util.find_spec("idna")
    assert idna is not None
    assert idna.origin is not None
    (tmp_path / "idna").symlink_to(Path(idna.origin).parent)
    modules = [
        ".".join(file.relative_to(CORE).with_suffix("").parts)
        for file in sources("domain")
        if file.stem != "__init__"
    ]
    script = (
        f"import {', '.join(modules)}\n"
        "print('idna' in sys.modules)\n"
        "print(heed.domain.recipients.address.normalise_address('A@b\\u00fccher.example'))"
    )
    # Of what is plain ASCII, not even that.
    assert _run(script, CORE, tmp_path) == ["False", "a@xn--bcher-kva.example"]


def _site_packages() -> Path:
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parents[1]


@pytest.mark.parametrize("function", ["unsubscribe", "opt_out_retry"])
def test_what_a_click_waits_for_imports_nothing_heavy(function: str) -> None:
    heavy = ["pydantic", "aws_xray_sdk", "jinja2", "boto3", "idna", "starlette", "yaml"]
    script = (
        "import importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('app', {str(FUNCTIONS / function / 'app.py')!r})\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        f"print(*(name for name in {heavy!r} if name in sys.modules))"
    )
    assert _run(script, CORE, _site_packages()) == []
