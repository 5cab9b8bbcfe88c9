"""The texts of problems come from one table and help the caller."""

from __future__ import annotations

import json

import pytest

from heed.domain import errors
from heed.entrypoints.http.api.problems import PROBLEMS, Problem, find_problem, problem_response


def detail_of(error: errors.HeedError) -> str:
    return str(json.loads(problem_response(error).body or "")["detail"])


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.__name__)
def test_each_problem_has_a_title_and_a_detail_of_full_sentences(kind: type[errors.HeedError]) -> None:
    problem = PROBLEMS[kind]
    assert problem.title[0].isupper() and not problem.title.endswith(".")
    assert problem.detail[0].isupper() and problem.detail.endswith(".")


def test_problems_of_one_name_have_the_same_status_and_title() -> None:
    names = {problem.name for problem in PROBLEMS.values()}
    texts = {(problem.name, problem.status, problem.title) for problem in PROBLEMS.values()}
    assert len(texts) == len(names)


@pytest.mark.parametrize(
    "error",
    [
        errors.StoreUnavailable("ThrottlingException"),
        errors.KeysUnavailable("AccessDenied"),
        errors.WriteConflict("5 attempts"),
    ],
)
def test_a_failure_without_its_own_problem_has_that_of_its_base_class(error: errors.HeedError) -> None:
    assert find_problem(error) is PROBLEMS[errors.DependencyUnavailable]
    assert detail_of(error) == PROBLEMS[errors.DependencyUnavailable].detail


def test_the_detail_names_the_query_or_the_body() -> None:
    fault = errors.RequestFault("/limt", "is not a parameter")
    assert detail_of(errors.InvalidQuery([fault])).startswith("A query parameter")
    assert detail_of(errors.InvalidRequest([fault])).startswith("The body")


def test_a_failure_that_is_not_in_the_table_has_no_problem() -> None:
    problem: Problem | None = find_problem(errors.InvalidAddress("no @"))
    assert problem is None
