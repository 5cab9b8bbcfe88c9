"""Starts a local stack and stops it without leftovers."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from heed.adapters.dynamodb.api_keys import ApiKeys
from heed.adapters.stack import functions_by_short_name
from heed.domain.api_key import KeyScope
from heed.domain.preferences.catalogue import Catalogue
from local import preflight, ready
from local.adapt import LocalAddresses, adapt, make_parameters
from local.aws import Clients
from local.brand import BrandReload
from local.build import build, zip_functions
from local.deploy import deploy, read_webhook_secret
from local.desk_people import create_desk_people
from local.emulator import Emulator
from local.front import Gateway, make_application
from local.install import install
from local.page import make_page
from local.problem import LocalProblem
from local.routes import read_routes
from local.server import Server
from local.stack_client import LocalStackClient
from local.translated import translate_once
from local.unsent_mails import UnsentMailReporter

if TYPE_CHECKING:
    from pathlib import Path

    from local.demo.demo import Demo
    from local.places import Places


class LocalStack(ExitStack):
    """A context manager. At its end it stops everything that it started, also after an error.

    Args:
        places: The paths and addresses of the stack.
        demo: What happens on the stack before it is announced, in the past. None leaves the stack empty.
    """

    def __init__(self, places: Places, demo: Demo | None = None) -> None:
        super().__init__()
        self._places = places
        self._demo = demo
        self._emulator = Emulator(places, has_clock=demo is not None)
        self._unsent_mails = UnsentMailReporter(places.emulator_log, _print_now)

    def start(self) -> LocalStackClient:
        """Starts everything and prints each step.

        Raises:
            LocalProblem: The stack cannot start.
        """
        places = self._places
        start_time = time.monotonic()
        preflight.check_ports(places.port, places.aws_port)
        front = preflight.reserve_port(places.port, "PORT")
        self.callback(front.close)
        preflight.reserve_port(places.aws_port, "AWS_PORT").close()
        install(places)
        places.folder.mkdir(parents=True, exist_ok=True)
        ready.remove_stale_announcements(places)

        _print_now("Translating template.yaml, building functions and layers …")
        parameters = make_parameters(places.webhook_url)
        translated = translate_once(places, parameters)
        built = self.enter_context(build(places, translated))

        _print_now("Starting the AWS emulator …")
        self.callback(self._emulator.stop)
        if self._demo:
            self._demo.begin(places.clock_file)
        self._emulator.start()

        _print_now("Deploying …")
        clients = Clients(places.aws)
        addresses = LocalAddresses(places.api, places.aws, built, places.webhook_url)
        template = adapt(translated.template, addresses)
        deployed = deploy(clients, template, zip_functions(translated, built), parameters)

        _print_now("Opening the HTTP front …")
        functions = functions_by_short_name(deployed.names)
        api_keys = ApiKeys(clients.dynamodb, deployed.outputs["ControlTable"])
        _, api_key = api_keys.create("local", owner="the local stack", scopes=list(KeyScope))
        people = create_desk_people(clients, deployed.names["DeskUsers"])
        secret = read_webhook_secret(clients, deployed.outputs)
        stack = ready.make_announcement(places, deployed.outputs, functions, api_key, people, secret)
        client = LocalStackClient(stack, clients)
        gateway = Gateway(clients, read_routes(translated.template), deployed.names)
        site = BrandReload(gateway, places, clients, functions.values())
        server = Server(make_application(site, make_page(client, _read_catalogue(built.brand))), front)
        self.callback(server.stop)
        server.start()
        if self._demo:
            self._demo.play(places.api, client, api_keys)
        self._announce(stack, client, time.monotonic() - start_time)
        return client

    def is_running(self) -> bool:
        """Returns whether the emulator still runs. Without it nothing works."""
        return self._emulator.is_running()

    def report_unsent_mails(self) -> None:
        """Prints why confirmation mails were not sent since the last call."""
        self._unsent_mails.report()

    def _announce(self, stack: ready.StackAnnouncement, client: LocalStackClient, seconds: float) -> None:
        mail = client.make_mail()
        if not client.link_opens(mail):
            raise LocalProblem(
                "a new unsubscribe link does not open",
                f"see the functions' log {self._places.emulator_log}",
            )
        self.callback(ready.withdraw, self._places)
        ready.announce(stack, self._places)
        people = "".join(f"    {each['name']:<8}{each['password']}\n" for each in stack.desk["users"])
        webhooks = f"  Webhooks go to        {stack.webhook['url']}\n" if stack.webhook else ""
        _print_now(
            f"Ready in {seconds:.0f} s. Ctrl-C ends it.\n\n"
            f"  An unsubscribe link   {mail.unsubscribe_url}\n"
            f"  What happens inside   {stack.api}/_local/\n"
            f"  The desk              {stack.desk['url']}\n{people}"
            f"  The API               {stack.api}\n"
            f"  AWS, emulated         {stack.aws}\n"
            f"  Key, names, outputs   {self._places.latest_file}\n"
            f"{webhooks}"
        )


def _read_catalogue(brand: Path) -> Catalogue:
    return Catalogue.from_document(json.loads((brand / "catalogue.json").read_bytes()))


def _print_now(text: str) -> None:
    print(text, flush=True)
