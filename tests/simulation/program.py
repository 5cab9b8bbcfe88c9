"""Runs one program: injects the faults of its steps, and records its history."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from heed.codec.record import decode_register
from heed.domain.errors import HeedError
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Change, Entry, Source
from tests.simulation import feedback_messages, job_steps, link_steps, mail_messages, presses, requests
from tests.simulation.attacker import Attacker
from tests.simulation.deployment import APPS, LINK_KEY_IDS, SimulatedDeployment
from tests.simulation.history import (
    Acknowledgement,
    Anomaly,
    CheckAnswer,
    End,
    Fact,
    History,
    InvocationStart,
    Observation,
    QueuedPromise,
)
from tests.simulation.log_capture import CapturedOutput
from tests.simulation.nemesis import Killed
from tests.simulation.sqs import Message, SimulatedQueue, format_sqs_event
from tests.simulation.steps import BATCH_KINDS, Step
from tests.support.deployment import NOW, parts

_JOB_KINDS = ("import", "scrub", "snapshot", "take back", "job work")
_PERMITS_NOTHING = ("press", "visit", "save", "undo", "attack", "mail batch", *_JOB_KINDS)
_READ_ONLY = ("check", "visit", *_JOB_KINDS)


class SimulatedProgram:
    """Runs steps one after another; one of them may run inside another."""

    def __init__(self, deployment: SimulatedDeployment) -> None:
        self.deployment = deployment
        self.history = History()
        self.link_key_ids = LINK_KEY_IDS[0]
        self.queues = {kind: SimulatedQueue() for kind in BATCH_KINDS}
        self.unprocessable: set[str] = set()
        self.dead_letters: set[str] = set()
        self.undos: list[tuple[str, tuple[Fact, ...]]] = []
        self.stored_mails: dict[str, tuple[Fact, ...]] = {}
        self.attacker = Attacker(deployment)
        self.jobs = job_steps.SimulatedJobs()
        self._right_time = NOW
        self._invocation_number = 0
        self._message_number = 0
        deployment.reset(self.link_key_ids)

    def run(self, steps: Iterable[Step]) -> History:
        """Runs the steps, and then an end without faults."""
        latest = NOW
        for step in steps:
            latest = Millis(max(latest, step.at))
            self.run_step(step)
        return self.finish(latest)

    def finish(self, at: Millis) -> History:
        """Delivers all waiting messages without faults, and returns everything that happened."""
        self._drain_queues(at)
        return self.history

    def run_step(self, step: Step) -> None:
        """Runs one step, and records what an observer sees after it."""
        self.deployment.clock = step.at
        if not step.is_clock_wrong:
            self._right_time = Millis(step.at)
        self.deployment.nemesis.fault_counts.update(fault_rows(step))
        if step.kind in requests.REQUEST_MAKERS:
            self._send_request(step)
        elif step.kind in BATCH_KINDS:
            self._deliver_batch(step)
        else:
            _OTHER_STEPS[step.kind](self, step)

    # ---- Invocations

    @property
    def next_invocation_number(self) -> int:
        """The number of the next invocation."""
        return self._invocation_number + 1

    def _observe(
        self, number: int, link_used_at: int | None = None, *, changes_nothing: bool = False
    ) -> None:
        """Records what an observer sees now."""
        people = self.deployment.observe()
        self.history.add(Observation(number, people, changes_nothing, link_used_at, self._right_time))

    def invoke(
        self,
        step: Step,
        facts: tuple[Fact, ...],
        call: Callable[[], Any],
        read: Callable[[Any, int], None],
        batch: int = 0,
        *,
        changes_nothing: bool = False,
    ) -> None:
        """Runs one invocation: its faults, its answer, and what is seen after it."""
        self._invocation_number += 1
        number = self._invocation_number
        self.history.add(InvocationStart(number, facts))

        link_used_at = step.at if step.kind in _PERMITS_NOTHING else None
        self.deployment.nemesis.fault_counts.update(
            40 for inner in step.inner_steps.values() if inner.kind == "report"
        )

        def meanwhile(inner: Step) -> Callable[[], None]:
            def run_inner_step() -> None:
                self._collect_messages(facts)
                self._acknowledge_deleted_mails(number)
                self._observe(number, link_used_at)
                router, clock = vars(BaseRouter).copy(), self.deployment.clock
                with self.deployment.nemesis.inject_faults({}, {}):
                    self.run_step(inner)
                for name in ("current_event", "lambda_context"):  # they belong to the outer invocation
                    if name in router:
                        setattr(BaseRouter, name, router[name])
                self.deployment.clock = clock

            return run_inner_step

        inside = {place: meanwhile(inner) for place, inner in step.inner_steps.items()}
        self.deployment.context.milliseconds_left = step.milliseconds_left
        try:
            with (
                self.deployment.nemesis.inject_faults(step.faults, inside, batch),
                CapturedOutput(mute=step.is_output_closed),
            ):
                answer = call()
        except Killed:
            pass
        except Exception as error:  # noqa: BLE001 - the test looks for bugs, and any exception is one
            self.history.add(Anomaly(number, f"{step.kind} raised {type(error).__name__}: {error}"))
        else:
            read(answer, number)
        self._collect_messages(facts)
        self._acknowledge_deleted_mails(number)
        changes_nothing = (
            changes_nothing or (step.kind in _READ_ONLY and not facts)
        ) and not step.inner_steps
        self._observe(number, link_used_at, changes_nothing=changes_nothing)

    def _collect_messages(self, facts: tuple[Fact, ...]) -> None:
        """Collects the messages that the product put into its queues."""
        for body in self.deployment.take_messages("opt-out retry"):
            self._message_number += 1
            name = f"retry-{self._message_number}"
            self.queues["opt-out retry batch"].waiting.append(Message(name, body, 0, facts))
        for queue in ("dead letters", "dead mails"):
            self.dead_letters.update(self.deployment.take_messages(queue))
        self.deployment.take_messages("subscribe")  # a mail that no attacker reads

    def _acknowledge_deleted_mails(self, number: int) -> None:
        """Nobody can read a deleted mail again, so what it states must be on record."""
        for key in self.stored_mails.keys() - self.deployment.objects.keys():
            self.history.add(Acknowledgement(number, self.stored_mails.pop(key)))

    def _send_request(self, step: Step) -> None:
        event, facts = requests.make_request(self.deployment, step, self.link_key_ids)
        app = APPS["press" if step.kind == "visit" else step.kind]

        def read(answer: dict[str, Any], number: int) -> None:
            status = answer["statusCode"]
            if step.kind == "check":
                self._read_check(step, answer, number)
            elif status < HTTPStatus.BAD_REQUEST:
                if step.kind == "press" and not facts:
                    self.history.add(Anomaly(number, "a link of an unknown key was let in"))
                self.history.add(Acknowledgement(number, requests.acknowledged_facts(facts, answer)))
                if text := requests.find_undo_token(answer):
                    self.undos.append((text, presses.undo_facts(facts)))
            elif requests.QUEUED_TEXT in answer["body"]:
                self.history.add(QueuedPromise(number, facts))
            elif step.kind == "report" and status == HTTPStatus.CONFLICT:
                return  # a hold is active
            elif status not in requests.RETRY_STATUSES and not (status == HTTPStatus.NOT_FOUND and not facts):
                self.report_status(step, number, status)

        self.invoke(step, facts, lambda: app.handler(event, self.deployment.context), read)

    def report_status(self, step: Step, number: int, status: int) -> None:
        self.history.add(Anomaly(number, f"{step.kind} answered {status}"))

    def _read_check(self, step: Step, answer: dict[str, Any], number: int) -> None:
        status = answer["statusCode"]
        if step.details["use_expired_key"]:
            self.deployment.nemesis.fault_counts[32] += 1
            if status not in (HTTPStatus.UNAUTHORIZED, *requests.RETRY_STATUSES):
                self.history.add(Anomaly(number, "a key past its end was let in"))
        elif status == HTTPStatus.OK:
            results = json.loads(answer["body"])["results"]
            for (who, _), result in zip(step.details["who"], results, strict=True):
                decision = (result["sendable"], result["reason"])
                self.history.add(CheckAnswer(number, who, step.details["topic"], step.at, *decision))
        elif status not in requests.RETRY_STATUSES:
            self.report_status(step, number, status)

    def _deliver_batch(self, step: Step) -> None:
        queue = self.queues[step.kind]
        batch = queue.next_batch(**step.details)
        if not batch:
            return
        facts = tuple(fact for message in batch for fact in message.facts)
        app = APPS[step.kind]

        def read(answer: object, number: int) -> None:
            try:
                handled = queue.delete_handled(batch, answer)
            except (ValueError, KeyError, TypeError) as error:
                self.history.add(Anomaly(number, f"the answer of a batch: {error}"))
                return
            failed = len(batch) - len(handled)
            self.deployment.nemesis.fault_counts[21] += bool(failed)
            self.unprocessable.update(message.body for message in handled if message.is_unprocessable)
            for message in handled:
                self.history.add(Acknowledgement(number, message.facts))

        event = format_sqs_event(batch)
        self._count_batch_faults(step, batch)
        self.invoke(step, facts, lambda: app.handler(event, self.deployment.context), read, len(batch))

    def _count_batch_faults(self, step: Step, batch: list[Message]) -> None:
        tally = self.deployment.nemesis.fault_counts
        tally[14] += step.milliseconds_left < 2_000
        tally[16] += any(step.at - message.sent_at > 13 * 86_400_000 - 1 for message in batch)

    # ---- Steps that are no request of a handler

    def _enqueue_feedback(self, step: Step) -> None:
        self._message_number += 1
        details = step.details
        facts = feedback_messages.feedback_facts(details, step.at)
        body = feedback_messages.format_body(details, step.at, self._message_number)
        is_unprocessable = feedback_messages.is_unprocessable(details)
        name = f"feedback-{self._message_number}"
        self.queues["feedback batch"].waiting.append(Message(name, body, step.at, facts, is_unprocessable))
        self.deployment.nemesis.fault_counts.update(feedback_messages.fault_rows(details, body))

    def _enqueue_mail(self, step: Step) -> None:
        """Stores a mail as SES does, and puts its notice into the queue."""
        self._message_number += 1
        details, key = step.details, f"inbound/{self._message_number}"
        facts = mail_messages.mail_facts(details)
        self.deployment.objects[key] = mail_messages.format_mail(self.deployment, details)
        self.stored_mails[key] = facts
        body = mail_messages.format_notice(self.deployment, details, key)
        waiting = self.queues["mail batch"].waiting
        waiting.append(Message(key, body, step.at, facts, mail_messages.is_unprocessable(details)))

    def _write_confirmation(self, step: Step) -> None:
        facts = requests.confirmation_facts(step.details)
        changes = [
            Change(decode_register(fact.register), Entry(fact.at, Source(fact.source), "{}", "", fact.until))
            for fact in facts
        ]
        who = self.deployment.recipients[step.details["who"]]

        def call() -> bool:
            try:
                parts().preferences.apply(who, changes, Millis(step.at))
            except HeedError:
                return False
            return True

        def read(answer: bool, number: int) -> None:
            if answer:
                self.history.add(Acknowledgement(number, facts))

        self.invoke(step, facts, call, read)

    def _toggle_unknown_register(self, step: Step) -> None:
        """Writes a register of a later version, or removes it when that version reads it."""
        key = self.deployment.recipients[step.details["who"]]
        item = self.deployment.read_items().get(key, {"id": {"S": key}, "n": {"N": "1"}})
        known = {name: value for name, value in item.items() if name != "z:9"}
        if step.details["add"] and "n" in item and len(known) > 2:
            self.deployment.nemesis.fault_counts[46] += 1
            known["z:9"] = {"M": {"t": {"N": "1"}}}
        if len(known) > 2:
            self.deployment.put_item(key, known)
        self._invocation_number += 1
        self._observe(self._invocation_number)

    def _change_link_keys(self, step: Step) -> None:
        self.deployment.nemesis.fault_counts[35] += 1
        self.link_key_ids = step.details["key_ids"]
        self.deployment.cold_start(self.link_key_ids)

    def _drain_queues(self, at: Millis) -> None:
        """Delivers all waiting messages, without faults and with both versions gone."""
        for who in range(len(self.deployment.recipients)):
            self._toggle_unknown_register(Step("unknown register", at, {"who": who, "add": False}))
        rounds = 0
        while any(queue.waiting for queue in self.queues.values()) and rounds < 10:
            rounds += 1
            for kind in BATCH_KINDS:
                details = {"count": 1_000, "duplicates": 3, "position": 0.0}
                self.run_step(Step(kind, at, details))
        left = sum(len(queue.waiting) for queue in self.queues.values())
        self.history.add(
            End(left, rounds, tuple(sorted(self.dead_letters)), tuple(sorted(self.unprocessable)))
        )


_OTHER_STEPS: dict[str, Callable[[SimulatedProgram, Step], None]] = {
    "undo": link_steps.run_undo,
    "attack": link_steps.run_attack,
    "feedback arrives": SimulatedProgram._enqueue_feedback,
    "mail arrives": SimulatedProgram._enqueue_mail,
    "confirm": SimulatedProgram._write_confirmation,
    "unknown register": SimulatedProgram._toggle_unknown_register,
    "deploy": SimulatedProgram._change_link_keys,
    "import": job_steps.run_import,
    "scrub": job_steps.run_scrub,
    "snapshot": job_steps.run_snapshot,
    "take back": job_steps.run_take_back,
    "job work": job_steps.run_job_work,
}


def fault_rows(step: Step) -> list[int]:
    """Returns the rows of the table of faults that a step injects by itself."""
    times = [change["stated_at"] for change in step.details.get("changes", ())]
    times += [step.details["happened_at"]] if step.kind == "confirm" else []
    conditions = {
        17: any(at < step.at for at in times),
        18: any(at == step.at for at in times),
        20: step.is_clock_wrong,
        26: step.details.get("press_kind") == "garbled",
        45: step.is_output_closed,
    }
    return [number for number, is_true in conditions.items() if is_true]
