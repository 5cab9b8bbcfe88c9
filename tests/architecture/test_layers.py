"""The imports of each part: functions → entrypoints, bootstrap → use_cases → domain ← codec ← adapters."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.full import is_full
from tests.support.python_files import parse_file, walk

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers" / "core"
HEED = CORE / "heed"
CLI = HEED / "entrypoints" / "cli"
FUNCTIONS = ROOT / "functions"

SNAPSHOT_PACKAGES = {"cryptography", "numpy"}

# For each part of heed: the parts and the libraries that it may import.
MAY = {
    "domain": ({"domain"}, {"idna"}),
    "use_cases": ({"use_cases", "domain"}, set()),
    "codec": ({"codec", "domain"}, set()),
    "adapters": (
        {"adapters", "codec", "domain", "use_cases", "clock", "override"},
        {"boto3", "botocore", "joserfc"},
    ),
    "entrypoints": (
        {"entrypoints", "codec", "use_cases", "domain", "clock", "cold_start", "override"},
        {"aws_lambda_powertools", "jinja2", "orjson"},
    ),
    "bootstrap": (
        {"bootstrap", "use_cases", "adapters", "domain", "entrypoints", "config"},
        set(),
    ),
    "client": ({"client", "domain", "clock", "override"}, set[str]()),
    "snapshot": ({"snapshot", "client", "domain", "clock"}, SNAPSHOT_PACKAGES),
    "doctor": ({"doctor", "adapters", "entrypoints", "domain", "clock", "override"}, {"dns"}),
    "clock": ({"domain"}, set[str]()),
    "override": (set[str](), {"typing_extensions"}),
    "cold_start": (set[str](), set[str]()),
    "config": (set[str](), set[str]()),
    "functions": (
        {"bootstrap", "entrypoints", "use_cases", "domain", "clock", "cold_start"},
        {"aws_lambda_powertools"},
    ),
}
CLI_PACKAGES = {"click", "dns", "rich", "rich_click"}
MCP_PACKAGES = {"mcp", "mcp_types", "pydantic"}
TYPES_ALONE = "mypy_boto3_"  # stubs, which are imported only for type checking


class Import(NamedTuple):
    """An import: the file, and the module as `heed.domain.links.link_token` or `botocore`."""

    file: Path
    module: str


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
    """Returns each import, also within functions. `from heed import bootstrap` is `heed.bootstrap`."""
    for file in sources(*parts):
        for node in walk(parse_file(file)):
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
def test_each_part_imports_only_what_it_may(part: str) -> None:
    parts, libraries = MAY[part]
    wrong = [
        f"{found.file.relative_to(ROOT)} imports {found.module}"
        for found in imports(part)
        if not is_allowed(found.module, parts, libraries)
    ]
    assert wrong == []


def test_only_feedback_uses_the_compiled_json_parser() -> None:
    users = [found.file for found in imports() if found.module == "orjson"]
    assert users == [HEED / "entrypoints" / "ses_events.py"]


def test_only_the_renderer_of_pages_uses_jinja2() -> None:
    users = [found.file for found in imports() if found.module.split(".")[0] in ("jinja2", "markupsafe")]
    assert users == [HEED / "entrypoints" / "http" / "pages" / "render.py"]


def test_only_the_stream_entry_point_decodes_items_of_dynamodb() -> None:
    users = {found.file for found in imports("entrypoints") if "heed.codec" in found.module}
    assert users == {HEED / "entrypoints" / "stream.py"}


def test_every_part_has_source() -> None:
    assert all(sources(part) for part in MAY)


def test_adapters_import_only_the_ports_of_use_cases() -> None:
    known = {found.module for found in imports("adapters") if "heed.use_cases" in found.module}
    assert all(module.split(".")[2] == "ports" for module in known), known


def test_only_adapters_use_the_aws_sdk() -> None:
    speaking = {
        part_of(found.file) for found in imports() if found.module.split(".")[0] in ("boto3", "botocore")
    }
    assert speaking == {"adapters"}


def test_only_an_adapter_uses_a_database_on_disk() -> None:
    assert {found.file for found in imports() if found.module == "sqlite3"} == {
        HEED / "adapters" / "sqlite_sort.py"
    }


def test_only_the_command_line_uses_the_packages_of_its_extra() -> None:
    users = {part_of(found.file) for found in imports() if found.module.split(".")[0] in CLI_PACKAGES}
    assert users == {"cli", "doctor"}


def test_only_the_server_of_assistants_uses_the_packages_of_its_extra() -> None:
    users = {found.file for found in imports() if found.module.split(".")[0] in MCP_PACKAGES}
    assert users and {file.parent for file in users} == {CLI / "mcp"}
    extras = tomllib.loads((CORE / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert [re.split(r"[^\w-]", requirement)[0] for requirement in extras["mcp"]] == ["heed", "mcp"]


def test_no_layer_has_the_packages_of_the_command_line_or_of_the_reader_of_snapshots() -> None:
    extras = tomllib.loads((CORE / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {re.split(r"[^\w-]", requirement)[0].replace("-", "_") for requirement in extras["cli"]}
    packages = CLI_PACKAGES - {"dns"} | {"dnspython"}
    assert named == packages | {"heed"}, "heed[aws] is a part of heed[cli]"
    for requirements in ROOT.glob("layers/*/requirements.txt"):
        locked = set(re.findall(r"^([\w.-]+)==", requirements.read_text(), re.MULTILINE))
        # The layer of the desk has cryptography, for another reason (docs/decisions/0080).
        own = {"cryptography"} if requirements.parent.name == "desk" else set[str]()
        elsewhere = (packages | MCP_PACKAGES | SNAPSHOT_PACKAGES) - own
        assert locked and not {name.replace("-", "_") for name in locked} & elsewhere


def test_only_functions_and_the_command_line_import_the_bootstrap() -> None:
    known = {part_of(f.file) for f in imports() if f.module.startswith("heed.bootstrap")}
    assert known == {"functions", "cli", "bootstrap"}


@pytest.mark.parametrize("app", sorted(FUNCTIONS.glob("*/app.py")), ids=lambda app: app.parent.name)
def test_the_first_import_of_a_function_pauses_the_garbage_collection(app: Path) -> None:
    imports = [node for node in parse_file(app).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports[:2]] == [
        "from __future__ import annotations",
        "import heed.cold_start as _start",
    ]


# Each function has the same first import, see above. Without `--full` every third one is imported.
_SOME_APPS = sorted(FUNCTIONS.glob("*/app.py"))[:: 1 if is_full() else 3]


@pytest.mark.system  # each imports a function in a new process
@pytest.mark.parametrize("app", _SOME_APPS, ids=lambda app: app.parent.name)
def test_garbage_collection_is_off_until_the_first_request(app: Path) -> None:
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


def test_only_config_reads_the_environment() -> None:
    reading = {
        file
        for file in sources()
        for node in walk(parse_file(file))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"))
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }
    assert reading <= {HEED / "config.py"}


def test_no_handler_catches_all_exceptions() -> None:
    catching = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sources()
        for node in walk(parse_file(file))
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


def test_the_domain_has_no_clock_no_randomness_and_no_io() -> None:
    doing = {"time", "random", "secrets", "socket", "os", "io", "pathlib", "subprocess", "logging"}
    doing |= {"urllib.request", "http", "threading", "asyncio", "uuid", "sys"}
    found = {(found.file.name, found.module) for found in imports("domain")}
    assert {pair for pair in found if pair[1] in doing} == set()
    calls = {
        (file.name, node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id)
        for file in sources("domain")
        for node in walk(parse_file(file))
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name))
    }
    acts = {"now", "utcnow", "today", "open", "print", "input"}
    assert {pair for pair in calls if pair[1] in acts} == set()


def test_a_function_is_one_short_file() -> None:
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
    """Returns the words that a new interpreter prints, which has only these paths."""
    code = f"import sys; sys.path[:0] = {[str(folder) for folder in path]!r}\n{script}"
    command = [sys.executable, "-I", "-S", "-c", code]
    process = subprocess.run(command, check=True, capture_output=True, text=True)
    return process.stdout.split()


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
    # An ASCII domain does not even need idna.
    assert _run(script, CORE, tmp_path) == ["False", "a@xn--bcher-kva.example"]


def test_the_client_needs_nothing_but_python() -> None:
    script = (
        "import heed.client\n"
        "print(heed.client.Heed('https://example.com', 'heed_' + 'k' * 43))\n"
        "print(*(name for name in ('idna', 'boto3', 'cryptography') if name in sys.modules))"
    )
    assert _run(script, CORE) == ["Heed('https://example.com')"]


def _site_packages() -> Path:
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parents[1]


@pytest.mark.parametrize("function", ["unsubscribe", "opt_out_retry"])
def test_the_unsubscribe_functions_import_no_slow_module(function: str) -> None:
    heavy = ["pydantic", "aws_xray_sdk", "jinja2", "boto3", "idna", "starlette", "yaml"]
    script = (
        "import importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('app', {str(FUNCTIONS / function / 'app.py')!r})\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        f"print(*(name for name in {heavy!r} if name in sys.modules))"
    )
    assert _run(script, CORE, _site_packages()) == []
