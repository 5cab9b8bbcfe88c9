"""Every function is stopped after each request that changes something; a second run makes up for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions.jobs import app as jobs
from functions.reconcile import app as reconcile
from functions.seal import app as seal
from functions.ses_list import app as ses_list
from heed.adapters.dynamodb.ses_list_walks import SES_LIST_LEASE
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.reconcile import STREAM_RETENTION
from tests.simulation import (
    scenes_desk,
    scenes_jobs,
    scenes_ledger,
    scenes_mails,
    scenes_queues,
    scenes_requests,
)
from tests.simulation.crashes import ProcessKiller, kill_at_answer
from tests.simulation.nemesis import Killed
from tests.simulation.scenes import Scene
from tests.support import mailbox
from tests.support.deployment import NOW, World, deployed, restart
from tests.support.full import some_of

FUNCTIONS = Path(__file__).parents[2] / "functions"
SCENES = tuple(
    scene_class
    for module in (scenes_requests, scenes_queues, scenes_mails, scenes_ledger, scenes_jobs, scenes_desk)
    for scene_class in vars(module).values()
    if isinstance(scene_class, type)
    and issubclass(scene_class, Scene)
    and hasattr(scene_class, "function")
    and scene_class.__module__ == module.__name__
)
MAX_ANSWERS = 120  # answers of one delivery
FEW_ANSWERS = 6  # of more, a run without `--full` stops the function after some


@contextmanager
def prepared_world(scene: Scene) -> Iterator[World]:
    """The deployment of a scene, with what existed before."""
    with pytest.MonkeyPatch.context() as patch, scene.resources:
        later = count(NOW + DAY_MS, SES_LIST_LEASE + 1)  # the lease of a killed walk has ended
        clock = SimpleNamespace(now=lambda: Millis(next(later)))
        patch.setattr(ses_list, "clock", clock)
        times = {jobs: NOW + DAY_MS, seal: NOW + 2 * DAY_MS, reconcile: NOW + STREAM_RETENTION + 60_000}
        for app, now in times.items():
            patch.setattr(app, "clock", SimpleNamespace(now=lambda now=now: Millis(now)))
        with deployed(patch) as world:
            world.context.milliseconds_left = 600_000
            scene.prepare(world)
            yield world


def deliver_once(scene: Scene, world: World, answer_number: int | None = None) -> ProcessKiller:
    """Makes one delivery to a fresh process, which may be killed."""
    restart()
    ses_list_client = mailbox.FakeSesList(scene.ses_list)
    with mailbox.fake_ses_list(ses_list_client), kill_at_answer(answer_number) as killer:
        scene.deliver(world)
    return killer


def observe_result(scene: Scene, world: World) -> object:
    restart()
    with mailbox.fake_ses_list(mailbox.FakeSesList(scene.ses_list)):
        return scene.observe(world)


def test_every_function_has_a_scene() -> None:
    folders = {path.parent.name for path in FUNCTIONS.glob("*/app.py")}
    assert {scene.function for scene in SCENES} == folders


@pytest.mark.system
@pytest.mark.parametrize("scene_class", SCENES, ids=lambda scene_class: scene_class.__name__)
def test_a_function_stopped_after_any_request_and_run_again_leaves_the_result_of_one_run(
    scene_class: type[Scene],
) -> None:
    with prepared_world(scene := scene_class()) as world:
        undisturbed = deliver_once(scene, world)
        expected = observe_result(scene, world)
    assert 0 < undisturbed.answer_count + undisturbed.read_count < MAX_ANSWERS
    answers = range(undisturbed.answer_count)
    for answer_number in answers if len(answers) <= FEW_ANSWERS else some_of(answers):
        with prepared_world(scene := scene_class()) as world:
            for _ in range(1 + answer_number % 2):  # every second time the process is killed twice
                try:
                    deliver_once(scene, world, answer_number)
                except Killed:
                    continue
            deliver_once(scene, world)
            assert observe_result(scene, world) == expected, answer_number
