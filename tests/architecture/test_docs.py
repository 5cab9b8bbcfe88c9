"""The documents agree with the code: they list everything that an operator needs, once."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from pathlib import Path

import pytest

from heed.domain.feedback.rules import FeedbackEffect
from heed.entrypoints.http.api.problems import PROBLEMS
from heed.use_cases.mailbox.act_on_mail import MailEffect
from heed.use_cases.opt_in.send_confirmation import SendResult
from tests.support.cli_commands import COMMANDS
from tests.support.deployment import deployed
from tests.support.iam_policies import FUNCTIONS
from tests.support.template import template, variables

ROOT = Path(__file__).parents[2]
CODE = [*sorted(ROOT.glob("layers/core/heed/**/*.py")), *sorted(ROOT.glob("functions/*/app.py"))]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "layers" / "brand" / "README.md"])
GENERATED = {"threats.md"}
LONG_PAGE = 120  # lines; a longer page with four sections or more lists them
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE))


@functools.cache
def page(name: str) -> str:
    return (ROOT / name).read_text()


def named(text: str, heading: str) -> list[str]:
    """Returns the names in backquotes in the first column of the table below a heading of rank 1 or 2."""
    (section,) = re.findall(rf"^##? {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_the_page_lists_exactly_the_parameters_of_the_template() -> None:
    listed = named(page("docs/reference/parameters.md"), "Parameters")
    assert sorted(listed) == sorted(template()["Parameters"])


def test_the_page_lists_exactly_the_functions() -> None:
    functions = [path.parent.name for path in ROOT.glob("functions/*/app.py")]
    assert sorted(named(page("docs/architecture.md"), "The functions")) == sorted(functions)


def test_the_page_lists_exactly_the_settings() -> None:
    settings = page("layers/core/heed/config.py")
    read = set(re.findall(r'"([A-Z][A-Z_]+)"', settings))
    given = set().union(*(variables(function) for function in FUNCTIONS))
    assert sorted(named(page("docs/reference/settings.md"), "Settings")) == sorted(read | given)


def _counted() -> tuple[set[str], set[str]]:
    """Returns the names of all metrics in the code, and the prefixes of names that the code composes."""
    names = {metric.value for metric in (*FeedbackEffect, *MailEffect, *SendResult)}
    prefixes = set()
    for path in CODE:
        text = path.read_text()
        constants = dict(re.findall(r'^([A-Z_]+) = "([A-Z]\w+)"', text, re.MULTILINE))
        names |= {constants[name] for name in re.findall(r"\bcounts\[([A-Z_]+)\]", text)}
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in (
                "count_metric",
                "measure_metric",
            ):
                for part in ast.walk(call.args[0]):
                    if isinstance(part, ast.JoinedStr) and isinstance(part.values[0], ast.Constant):
                        prefixes.add(str(part.values[0].value))
                    elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                        names.add(part.value)
    return names - prefixes, prefixes


def test_the_page_lists_exactly_the_metrics() -> None:
    names, prefixes = _counted()
    documented = set(re.findall(r"`([A-Z]\w+)`", page("docs/reference/metrics.md")))
    assert sorted(names - documented) == []
    assert [prefix for prefix in prefixes if not any(name.startswith(prefix) for name in documented)] == []
    listed = set(named(page("docs/reference/metrics.md"), "Metrics"))
    assert [name for name in listed - names if not name.startswith(tuple(prefixes))] == []


def test_the_page_lists_exactly_the_problems() -> None:
    documented = re.findall(
        r"^\| `([^`]+)` \| (\d+) \|",
        page("docs/reference/errors.md"),
        re.MULTILINE,
    )
    assert sorted((name, int(status)) for name, status in documented) == sorted(
        {(problem.name, int(problem.status)) for problem in PROBLEMS.values()}
    )


def test_the_page_lists_exactly_the_commands() -> None:
    rows = re.findall(r"^\| `heed ([a-z]+(?: [a-z]+(?:-[a-z]+)*)?)\b", page("docs/cli.md"), re.MULTILINE)
    assert sorted(rows) == sorted(map(" ".join, COMMANDS))


def test_each_command_in_a_document_exists() -> None:
    first = {words[0] for words in COMMANDS}
    for path in PAGES:
        for name in re.findall(r"(?:`|^|\$ )heed ([a-z]+)\b", path.read_text(), re.MULTILINE):
            assert name in first, f"{path.name}: heed {name}"


def test_contributing_lists_each_make_target_with_its_help_text() -> None:
    explained = re.findall(r"^([a-z-]+):[^#\n]*## (.+)$", MAKEFILE, re.MULTILINE)
    documented = re.findall(r"^\| `make ([a-z-]+)` \| (.+) \|$", page("CONTRIBUTING.md"), re.MULTILINE)
    assert sorted((name, words.casefold()) for name, words in documented) == sorted(
        (name, words.casefold()) for name, words in explained
    )


def test_each_make_target_in_a_document_exists() -> None:
    for path in PAGES:
        for name in re.findall(r"(?:`|^)make ([a-z-]+)\b", path.read_text(), re.MULTILINE):
            assert name in TARGETS, f"{path.name}: make {name}"


def test_the_map_of_the_documents_links_each_page() -> None:
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    linked = set(re.findall(r"\]\(([\w./-]+\.md)\)", page("docs/README.md")))
    for folder in ("recipes", "vendors"):
        names = re.findall(r"\]\(([\w-]+\.md)\)", page(f"docs/{folder}/README.md"))
        linked |= {f"{folder}/{name}" for name in names}
    decisions = {name for name in pages if name.startswith("decisions/")}
    assert sorted(pages - decisions - linked - {"README.md"}) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_long_page_has_a_table_of_contents(path: Path) -> None:
    text = path.read_text()
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    if path.name in GENERATED | {"CHANGELOG.md"} or text.count("\n") < LONG_PAGE or len(sections) < 4:
        return
    anchors = [re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in sections]
    linked = set(re.findall(r"\]\(#([\w-]+)\)", text))
    assert [anchor for anchor in anchors if anchor not in linked and anchor != "how-soon-to-look"] == []


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_each_link_in_a_document_has_a_target(path: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)  # without code
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        assert not anchor or anchor in _anchors(found), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_each_file_in_a_document_exists(path: Path) -> None:
    code = "adapters|bootstrap|codec|domain|entrypoints|use_cases"
    places = f"docs|events|functions|heed|layers|local|requirements|tests|{code}"
    for name in re.findall(rf"`((?:{places})/[\w./-]+)`", path.read_text()):
        folders = (ROOT, ROOT / "layers" / "core", ROOT / "layers" / "core" / "heed")
        assert any((folder / name).exists() for folder in folders), name


def test_the_costs_in_the_readme_are_those_of_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.bench import bench_cost

    with deployed(monkeypatch) as world:
        metrics = len(bench_cost.metrics_when_idle(world))
    for what, dollars in bench_cost.idle_costs(metrics):
        assert f"  {what:<32} {dollars:6.2f}" in page("README.md"), "paste what bench_cost.py prints"


def test_no_file_names_a_package_registry() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - the git of this machine
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    hosts = [
        "pypi" + ".org",
        "pythonhosted" + ".org",
        "registry.npmjs" + ".org",
        "proxy.golang" + ".org",
    ]
    for name in filter(None, tracked):
        path = ROOT / name
        if path.is_file() and path.suffix != ".png":
            text = path.read_text("utf-8", "replace")
            assert not [host for host in hosts if host in text], name
