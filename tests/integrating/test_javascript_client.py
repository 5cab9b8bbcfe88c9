"""The client in JavaScript: its own tests, its types, its package, and webhooks of another library."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from random import Random

import pytest

from heed import clock
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.domain.recipients.recipient import recipient_from_bytes, snapshot_key
from heed.snapshot.reader import Snapshot
from tests.integrating.test_webhooks import BODY, cases
from tests.support.javascript import CLIENT, ROOT, run_module
from tests.support.snapshots import JWKS, make_snapshot
from tests.support.webhook_receiver import WEBHOOK_SECRET

HERE = Path(__file__).parent
PACKAGE = json.loads((CLIENT / "package.json").read_text())
PAGE = (ROOT / "docs" / "clients.md").read_text()
TYPES = (CLIENT / "index.d.ts").read_text()
_LIBRARIES = "es2023,dom,dom.iterable,dom.asynciterable"


def test_the_package_has_the_version_of_heed_and_no_dependency() -> None:
    project = tomllib.loads((ROOT / "layers" / "core" / "pyproject.toml").read_text())["project"]
    assert PACKAGE["version"] == project["version"]
    assert PACKAGE["license"] == project["license"]
    assert not [name for name in PACKAGE if name.lower().endswith("dependencies") or name == "scripts"]


def test_the_types_name_exactly_what_the_package_exports() -> None:
    exported = re.findall(r"\w+", " ".join(re.findall(r"\{(.+)\}", (CLIENT / "index.js").read_text())))
    declared = re.findall(r"^export (?:class|function) (\w+)", TYPES, re.MULTILINE)
    assert sorted(exported) == sorted(declared)


def test_the_page_lists_each_method_and_each_error() -> None:
    (section,) = re.findall(r"^## JavaScript\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    (methods,) = re.findall(r"^export class Heed \{\n(.*?)^\}", TYPES, re.MULTILINE | re.DOTALL)
    defined = [f"heed.{name}" for name in re.findall(r"^  (?!constructor)(\w+)\(", methods, re.MULTILINE)]
    listed = re.findall(r"^\| `([\w.]+)\(", section, re.MULTILINE)
    assert sorted(listed) == sorted([*defined, "verifyWebhook", "Snapshot.open"])
    errors = re.findall(r"^export class (\w+) extends HeedError", TYPES, re.MULTILINE)
    assert [name for name in errors if f"`{name}`" not in section] == []


def test_each_module_imports_only_its_neighbours() -> None:
    for module in CLIENT.glob("*.js"):
        imported = re.findall(r"^(?:import|export) .* from \"(.+)\";$", module.read_text(), re.MULTILINE)
        assert all((CLIENT / name).exists() and name.startswith("./") for name in imported), module.name


@pytest.mark.system  # Node.js starts
def test_the_tests_of_the_client_pass() -> None:
    tests = sorted(map(str, (CLIENT / "tests").glob("*.test.js")))
    command = ["node", "--test", "--test-reporter=tap", *tests]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stdout
    assert passed and int(passed[1]) > len(tests)


@pytest.mark.system  # the compiler starts
def test_the_types_are_those_of_the_code() -> None:
    options = ("--noEmit", "--strict", "--allowJs", "--checkJs", "--target", "es2022", "--module", "nodenext")
    files = [*sorted(CLIENT.glob("*.js")), HERE / "client_types.ts"]
    compiler = HERE / "node_modules" / ".bin" / "tsc"
    done = subprocess.run(
        [compiler, *options, "--lib", _LIBRARIES, *files], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


_VERIFY = """
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
import { InvalidWebhook, verifyWebhook } from "../../clients/js/index.js";

const { body, secret, cases } = JSON.parse(readFileSync(0, "utf8"));
const read = (text, headers) => verifyWebhook(secret, headers, text).catch((error) => {
  if (!(error instanceof InvalidWebhook)) throw error;
  return null;
});
const signature = new Webhook(secret).sign("msg_1", new Date(), body);
const seconds = String(Math.floor(Date.now() / 1000));
const headers = { "webhook-id": "msg_1", "webhook-timestamp": seconds, "webhook-signature": signature };
const ours = await Promise.all(cases.map(([text, given]) => read(text, given)));
console.log(JSON.stringify({ ours, theirs: await read(body, headers) }));
"""


@pytest.mark.system  # Node.js starts
def test_the_client_verifies_what_heed_and_the_library_of_npm_sign() -> None:
    given = cases()
    content = {"body": BODY, "secret": WEBHOOK_SECRET, "cases": [case[:2] for case in given]}
    read = json.loads(run_module(_VERIFY, folder=HERE, content=json.dumps(content)))
    event = json.loads(BODY)
    assert read["theirs"] == {"id": "msg_1", **event}
    assert read["ours"] == [
        {"id": headers["webhook-id"], **event} if is_valid else None for _, headers, is_valid in given
    ]


_READ = """
import { readFileSync } from "node:fs";
import { Snapshot } from "../../clients/js/index.js";

const { path, keys, people } = JSON.parse(readFileSync(0, "utf8"));
const snapshot = await Snapshot.open(readFileSync(path), keys);
console.log(JSON.stringify(people.map((recipient) => snapshot.maySend(recipient, "offers"))));
"""


@pytest.mark.system  # Node.js starts
@pytest.mark.parametrize("shard_bits", [0, 3])
def test_both_readers_answer_the_same_about_many_people(tmp_path: Path, shard_bits: int) -> None:
    """Many answers, because Node.js compiles what it repeats, and once crashed then."""
    random = Random(shard_bits)  # noqa: S311 - the same people in each run
    people = [recipient_from_bytes(random.randbytes(16)) for _ in range(40_000)]
    keys = [snapshot_key(person) for person in people[:20_000]]
    now = clock.now()
    data = make_snapshot(
        {"*": (0, keys[::2]), "offers": (2, keys[1::2])},
        shard_bits=shard_bits,
        as_of=Millis(now - 1_000),
        expires_at=Millis(now + DAY_MS),
        seed=random.getrandbits(64),
    )
    path = tmp_path / "today.heedsnap"
    path.write_bytes(data)
    content = json.dumps({"path": str(path), "keys": JWKS, "people": people})

    answers = json.loads(run_module(_READ, folder=HERE, content=content))

    snapshot = Snapshot(memoryview(data), JWKS)
    assert answers == [snapshot.may_send(person, "offers") for person in people]
    assert answers.count("no") >= len(keys)
    assert answers.count("yes") > 19_900
