"""Checks the release that `make release` builds: the same anywhere, complete, ready for `sam deploy`."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import idna
import pytest
from samtranslator.yaml_helper import yaml_parse

from brand_compiler.__main__ import OWN_FILES
from tests.support.template import template
from tests.system.running import running_emulator

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / "build" / "release"
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
ZIPS = sorted(f"{name}.zip" for name, item in template()["Resources"].items() if item["Type"] in CODE)


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    assert (RELEASE / "SHA256SUMS").exists(), "make release first"


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_another_clone_gives_the_same_bytes_at_another_time_in_another_time_zone_with_another_umask(
    tmp_path: Path,
) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--shared", ROOT, clone], check=True)  # noqa: S607
    for name in (".venv", ".tools"):
        (clone / name).symlink_to(ROOT / name)
    (tmp_path / "work").mkdir()
    settings = ("TZ=Pacific/Kiritimati", "PYTHONHASHSEED=7", f"TMPDIR={tmp_path / 'work'}")
    built = subprocess.run(
        [
            "/usr/bin/env",
            *settings,
            clone / ".venv" / "bin" / "python",
            "-m",
            "release",
            tmp_path / "release",
        ],
        cwd=clone,
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    first, second = _files(RELEASE), _files(tmp_path / "release")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_the_checksums_are_those_of_all_other_files() -> None:
    lines = (RELEASE / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {name: data for name, data in _files(RELEASE).items() if name != "SHA256SUMS"}
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_a_release_has_its_licence_its_settings_and_one_wheel() -> None:
    wheel, *others = sorted(_files(RELEASE).keys() - set(ZIPS), key=lambda name: not name.endswith(".whl"))
    assert re.fullmatch(r"heed-\d+\.\d+\.\d+-py3-none-any\.whl", wheel)
    assert set(others) == {
        "LICENSE",
        "SHA256SUMS",
        "brand.zip",
        f"heed-client-{wheel.split('-')[1]}.tgz",
        "samconfig.toml",
        "sbom.cdx.json",
        "template.yaml",
    }


def test_the_template_names_the_zip_of_each_function_and_layer() -> None:
    resources = yaml_parse((RELEASE / "template.yaml").read_text())["Resources"]
    named = [item["Properties"][CODE[item["Type"]]] for item in resources.values() if item["Type"] in CODE]
    assert sorted(named) == ZIPS
    assert set(ZIPS) <= _files(RELEASE).keys()


@pytest.mark.parametrize("name", ZIPS)
def test_lambda_can_read_each_file_of_a_zip(name: str) -> None:
    with zipfile.ZipFile(RELEASE / name) as archive:
        assert archive.infolist()
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}


@pytest.mark.threat(
    "T23",
    "A dependency turns out to be malicious, and nobody knows which releases contain it.",
    "Each release has a bill of materials that lists what its layers contain, with versions.",
)
def test_the_bill_of_materials_lists_what_the_layers_contain() -> None:
    listed = json.loads((RELEASE / "sbom.cdx.json").read_text())["components"]
    metadata = [
        data
        for layer in ("CoreLayer", "DeskLayer")
        for name, data in _content(RELEASE / f"{layer}.zip").items()
        if name.endswith(".dist-info/METADATA")
    ]
    fields = [
        dict(re.findall(r"^(Name|Version): (.+?)\r?$", text.decode(), re.MULTILINE)) for text in metadata
    ]
    in_layers = {(_normalise(each["Name"]), each["Version"]) for each in fields}
    assert {(component["name"], component["version"]) for component in listed} == in_layers


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_command_of_the_wheel_starts(tmp_path: Path) -> None:
    (wheel,) = RELEASE.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    script = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from heed.entrypoints.cli.main import main; main()"
    )
    command = [sys.executable, "-I", "-c", script, str(tmp_path), "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=False)
    assert wheel.name.split("-")[1] in version.stdout, version.stderr


def test_npm_installs_the_client_into_an_empty_folder(tmp_path: Path) -> None:
    options = ("--offline", "--no-audit", "--no-fund", "--loglevel=error")
    _run("npm", "install", *options, _client(), cwd=tmp_path)
    installed = tmp_path / "node_modules" / "heed-client"
    assert (installed / "LICENSE").read_bytes() == (RELEASE / "LICENSE").read_bytes()
    assert (installed / "index.d.ts").exists() and not (installed / "tests").exists()
    script = "import { Heed, Snapshot, verifyWebhook } from 'heed-client'; console.log(Heed.name)"
    assert _run("node", "--input-type=module", "--eval", script, cwd=tmp_path) == "Heed\n"


def test_npm_packs_the_same_files_of_the_client(tmp_path: Path) -> None:
    lines = _run(
        "tar", "--list", "--verbose", "--numeric-owner", "--file", _client(), cwd=tmp_path
    ).splitlines()
    assert {line.split()[0] + line.split()[1] for line in lines} == {"-rw-r--r--0/0"}
    released = {line.split()[-1].removeprefix("package/") for line in lines}
    packed = _run("npm", "pack", "--dry-run", "--json", ROOT / "clients" / "js", cwd=tmp_path)
    (package,) = json.loads(packed)
    assert released - {"LICENSE"} == {file["path"] for file in package["files"]}


def _client() -> Path:
    (client,) = RELEASE.glob("heed-client-*.tgz")
    return client


def _run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


_USE_OF_THE_CLIENT = """
import json, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from heed.client import Heed, InvalidWebhook, verify_webhook

class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        (address,) = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["addresses"]
        no = {"address": address, "recipient": "a" * 26, "sendable": False, "reason": "unsubscribed"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"as_of": "2026-03-05T09:12:44.390Z", "results": [no]}).encode())

server = HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.handle_request).start()
heed = Heed(f"http://127.0.0.1:{server.server_port}", "heed_" + "k" * 43)
(answer,) = heed.check("offers", ["a@b.example"])
try:
    verify_webhook("A" * 32, {}, b"")
except InvalidWebhook:
    print(answer.reason, *(name for name in ("boto3", "click", "cryptography") if name in sys.modules))
"""


def test_the_client_of_the_wheel_works_with_idna_alone(tmp_path: Path) -> None:
    venv.create(tmp_path, with_pip=False)
    (packages,) = tmp_path.glob("lib/python*/site-packages")
    (wheel,) = RELEASE.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    shutil.copytree(Path(idna.__file__).parent, packages / "idna")
    (metadata,) = (file.read_text() for file in packages.glob("heed-*.dist-info/METADATA"))
    needed = re.findall(r"^Requires-Dist: ([^;\n]+)$", metadata, re.MULTILINE)
    command = [str(tmp_path / "bin" / "python"), "-I", "-c", _USE_OF_THE_CLIENT]

    used = subprocess.run(command, capture_output=True, text=True, check=False)

    assert needed == ["idna>=3.10"]
    assert used.stdout == "unsubscribed\n", used.stderr


def test_the_documented_commands_make_the_layer_of_a_brand_with_its_bytecode(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "releasing.md").read_text()
    (commands,) = re.findall(r"```\n((?: +.+\n)*? +python -m brand_compiler.*\n(?: +.+\n)*) +```", page)
    with zipfile.ZipFile(RELEASE / "brand.zip") as archive:
        archive.extractall(tmp_path)
    (tmp_path / "my-brand").mkdir()
    for name in (*OWN_FILES, "catalogue.lock"):
        shutil.copy(tmp_path / "brand" / name, tmp_path / "my-brand")
    path = f"PATH={Path(sys.executable).parent}:{os.environ['PATH']}"  # noqa: TID251
    made = subprocess.run(
        ["/usr/bin/env", path, "PYENV_VERSION=3.13", "/bin/sh", "-e", "-c", commands],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert _content(tmp_path / "BrandLayer.zip") == _content(RELEASE / "BrandLayer.zip")


def _content(zipped: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(zipped) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}


def test_sam_accepts_the_template() -> None:
    _sam("validate", "--lint", "--template-file", RELEASE / "template.yaml", AWS_DEFAULT_REGION="us-east-1")


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[str]:
    """The URL of an emulator of AWS."""
    with running_emulator(tmp_path / "emulator") as url:
        yield url


def test_sam_uploads_the_zips_as_they_are(emulator: str, tmp_path: Path) -> None:
    s3: Any = boto3.client("s3", endpoint_url=emulator)
    s3.create_bucket(Bucket="releases")
    packaged = tmp_path / "packaged.yaml"
    options = ("--s3-bucket", "releases", "--output-template-file", packaged)
    _sam("package", "--template-file", RELEASE / "template.yaml", *options, AWS_ENDPOINT_URL=emulator)
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="releases")["Contents"]]
    uploaded = {s3.get_object(Bucket="releases", Key=key)["Body"].read() for key in keys}
    assert uploaded == {(RELEASE / name).read_bytes() for name in ZIPS}


def _sam(*options: str | Path, **environment: str) -> None:
    settings = [f"{name}={value}" for name, value in environment.items()]
    command = ["/usr/bin/env", "-u", "PYTHONPATH", "SAM_CLI_TELEMETRY=0", *settings, SAM, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
