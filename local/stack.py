"""One local stack from nothing to ready, and back to nothing."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from heed.adapters.dynamodb.api_keys import ApiKeys
from heed.adapters.stack import functions_by_short_name
from heed.domain.api_key import KeyScope
from local import preflight, ready
from local.adapt import PARAMETERS, Surroundings, adapt
from local.aws import Clients
from local.build import build
from local.deploy import deploy
from local.emulator import Emulator
from local.front import Gateway, application
from local.install import install
from local.page import page
from local.problem import LocalProblem
from local.routes import routes
from local.sender import Sender
from local.server import Server
from local.translate import translate
from local.waiting import Waiting

if TYPE_CHECKING:
    from types import TracebackType

    from local.places import Places


class LocalStack:
    """A context: whatever was started when it is left, for whichever reason, is ended."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._end = ExitStack()
        self._emulator = Emulator(places)
        self._waiting = Waiting(places.emulator_log, _say)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end.close()

    def start(self) -> Sender:
        """Start everything, saying what is being done; LocalProblem names what stands in the way."""
        places = self._places
        began = time.monotonic()
        preflight.check_ports(places.port, places.aws_port)
        front = preflight.reserve(places.port, "PORT")
        self._end.callback(front.close)
        preflight.reserve(places.aws_port, "AWS_PORT").close()
        install(places)
        places.folder.mkdir(parents=True, exist_ok=True)
        ready.forget_the_dead(places)

        _say("Starting the AWS emulator …")
        self._end.callback(self._emulator.stop)
        self._emulator.start()

        _say("Translating template.yaml, building functions and layers …")
        translated = translate(places.root / "template.yaml", PARAMETERS)
        code = build(places, translated)

        _say("Deploying …")
        clients = Clients(places.aws)
        here = Surroundings(places.api, places.aws, places.build)
        template = adapt(translated.template, here)
        deployed = deploy(clients, template, code, PARAMETERS)

        _say("Opening the HTTP front …")
        api_keys = ApiKeys(clients.dynamodb, deployed.outputs["ControlTable"])
        _, api_key = api_keys.create("local", owner="the local stack", scopes=list(KeyScope))
        stack = ready.describe(places, deployed.outputs, functions_by_short_name(deployed.names), api_key)
        sender = Sender(stack, clients)
        gateway = Gateway(clients, routes(translated.template), deployed.names)
        server = Server(application(gateway, page(sender)), front)
        self._end.callback(server.stop)
        server.start()
        self._announce(stack, sender, time.monotonic() - began)
        return sender

    def alive(self) -> bool:
        """Whether the emulator, without which nothing works, still runs."""
        return self._emulator.alive()

    def look(self) -> None:
        """Say what a developer would wonder about: mails that are not sent."""
        self._waiting.look()

    def _announce(self, stack: ready.Stack, sender: Sender, seconds: float) -> None:
        mail = sender.mail()
        if not sender.opens(mail):
            raise LocalProblem(
                "the minted unsubscribe link does not open",
                f"the functions' words are in {self._places.emulator_log}",
            )
        self._end.callback(ready.withdraw, self._places)
        ready.announce(stack, self._places)
        _say(
            f"Ready in {seconds:.0f} s. Ctrl-C ends it.\n\n"
            f"  An unsubscribe link   {mail.unsubscribe_url}\n"
            f"  What happens inside   {stack.api}/_local/\n"
            f"  The API               {stack.api}\n"
            f"  AWS, emulated         {stack.aws}\n"
            f"  Key, names, outputs   {self._places.latest_file}\n"
        )


def _say(text: str) -> None:
    print(text, flush=True)
