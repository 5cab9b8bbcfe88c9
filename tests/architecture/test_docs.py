"""The papers against the code: all that an operator meets is told once, and nothing is told that is not."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from pathlib import Path

import pytest

from heed.domain.feedback.rules import FeedbackEffect
from heed.entrypoints.cli.command import Command
from heed.entrypoints.cli.commands import COMMANDS
from heed.entrypoints.feedback_metrics import feedback_metric
from heed.entrypoints.http.api.problems import PROBLEMS
from heed.entrypoints.mail.confirmation_metrics import confirmation_metric
from heed.use_cases.opt_in.send_confirmation import SendResult
from tests.support.deployment import deployed
from tests.support.iam_policies import FUNCTIONS
from tests.support.template import template, variables

ROOT = Path(__file__).parents[2]
CODE = [*sorted(ROOT.glob("layers/core/heed/**/*.py")), *sorted(ROOT.glob("functions/*/app.py"))]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "layers" / "brand" / "README.md"])
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE))


@functools.cache
def page(name: str) -> str:
    return (ROOT / name).read_text()


def named(text: str, heading: str) -> list[str]:
    """What stands in backquotes at the start of the rows of the table below a heading."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_every_parameter_is_told_and_every_one_told_is_there() -> None:
    assert sorted(named(page("docs/operations.md"), "Parameters")) == sorted(template()["Parameters"])


def test_every_function_is_told_and_every_one_told_is_there() -> None:
    there = [path.parent.name for path in ROOT.glob("functions/*/app.py")]
    assert sorted(named(page("docs/architecture.md"), "The functions")) == sorted(there)


def test_every_setting_is_told_and_every_one_told_is_there() -> None:
    settings = page("layers/core/heed/config.py")
    read = set(re.findall(r'"([A-Z][A-Z_]+)"', settings))
    given = set().union(*(variables(function) for function in FUNCTIONS))
    assert sorted(named(page("docs/operations.md"), "Settings")) == sorted(read | given)


def _counted() -> tuple[set[str], set[str]]:
    """Every name that the code counts under, and the beginnings of those that it puts together."""
    names = {*map(feedback_metric, FeedbackEffect), *map(confirmation_metric, SendResult)}
    beginnings = set()
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
                        beginnings.add(str(part.values[0].value))
                    elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                        names.add(part.value)
    return names - beginnings, beginnings


def test_every_metric_is_told_and_every_one_told_is_there() -> None:
    names, beginnings = _counted()
    told = set(re.findall(r"`([A-Z]\w+)`", page("docs/operations.md")))
    assert sorted(names - told) == []
    assert [one for one in beginnings if not any(name.startswith(one) for name in told)] == []
    listed = set(named(page("docs/operations.md"), "Metrics"))
    assert [one for one in listed - names if not one.startswith(tuple(beginnings))] == []


def test_every_problem_is_told_and_every_one_told_is_there() -> None:
    told = re.findall(
        r"^\| `([^`]+)` \| (\d+) \|",
        page("docs/operations.md").split("## Error codes")[1],
        re.MULTILINE,
    )
    assert sorted((name, int(status)) for name, status in told) == sorted(
        {(problem.name, int(problem.status)) for problem in PROBLEMS.values()}
    )


def _commands() -> set[str]:
    names = set()
    for one in COMMANDS:
        if isinstance(one, Command):
            names.add(one.name)
        else:
            names |= {f"{one.name} {each.name}" for each in one.commands}
    return names


def test_every_command_is_told_and_every_one_told_is_there() -> None:
    rows = re.findall(r"^\| `heed ([a-z]+(?: [a-z]+)?)\b", page("docs/cli.md"), re.MULTILINE)
    assert sorted(rows) == sorted(_commands())


def test_no_page_names_a_command_that_is_not() -> None:
    first = {name.split()[0] for name in _commands()}
    for path in PAGES:
        for name in re.findall(r"(?:`|^|\$ )heed ([a-z]+)\b", path.read_text(), re.MULTILINE):
            assert name in first, f"{path.name}: heed {name}"


def test_every_target_that_a_person_calls_is_told_once_in_the_words_of_make_help() -> None:
    explained = re.findall(r"^([a-z-]+):[^#\n]*## (.+)$", MAKEFILE, re.MULTILINE)
    told = re.findall(r"^\| `make ([a-z-]+)` \| (.+) \|$", page("CONTRIBUTING.md"), re.MULTILINE)
    assert sorted((name, words.casefold()) for name, words in told) == sorted(
        (name, words.casefold()) for name, words in explained
    )


def test_no_page_names_a_target_that_is_not() -> None:
    for path in PAGES:
        for name in re.findall(r"(?:`|^)make ([a-z-]+)\b", path.read_text(), re.MULTILINE):
            assert name in TARGETS, f"{path.name}: make {name}"


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        assert not anchor or anchor in _anchors(found), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_file_that_is_named_is_there(path: Path) -> None:
    places = "docs|events|functions|heed|layers|local|requirements|tests"
    for name in re.findall(rf"`((?:{places})/[\w./-]+)`", path.read_text()):
        file = ROOT / "layers" / "core" / name if name.startswith("heed/") else ROOT / name
        assert file.exists(), name


def test_the_figures_of_the_readme_are_what_the_command_prints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.bench import bench_cost

    with deployed(monkeypatch) as world:
        metrics = len(bench_cost.metrics_when_idle(world))
    for what, dollars in bench_cost.idle_costs(metrics):
        assert f"  {what:<32} {dollars:6.2f}" in page("README.md"), "paste what bench_cost.py prints"


def test_no_file_names_where_packages_come_from() -> None:
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
