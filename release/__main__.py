"""Builds a release of the newest commit: `python -m release FOLDER`.

The same commit gives the same bytes in any folder, at any time, in any time zone and with any umask.
docs/releasing.md describes the files.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_BIN = ROOT / ".venv" / "bin"
_TOOLS = ROOT / ".tools"


def build_release(folder: Path) -> None:
    """Replaces the folder by the release. It has only what is committed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    committed_at = int(_run("git", "log", "-1", "--format=%ct", cwd=ROOT))
    with tempfile.TemporaryDirectory() as work:
        source = Path(work)
        _run("git", "archive", "--output", source / "commit.tar", "HEAD", cwd=ROOT)
        _run("tar", "--extract", "--file", "commit.tar", cwd=source)
        _add_wheel(source, folder, committed_at)
        _add_javascript_client(source, folder, committed_at)
        _add_template(source, folder, committed_at)
        _add_bill_of_materials(source, folder, committed_at)
        _add_brand(source, folder, committed_at)
        for name in ("LICENSE", "samconfig.toml"):
            (folder / name).write_bytes((source / name).read_bytes())
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in sorted(folder.iterdir())
    ]
    (folder / "SHA256SUMS").write_text("\n".join([*sums, ""]))


def _add_wheel(source: Path, folder: Path, committed_at: int) -> None:
    """Adds the wheel. It is zipped again, because setuptools takes the modes of files from this machine."""
    package = source / "layers" / "core"
    shutil.copy(source / "LICENSE", package)
    built = source / "wheel"
    options = ("--wheel", "--no-build-isolation", "--python", _BIN / "python", "--out-dir", built)
    _run(_BIN / "uv", "build", "--quiet", *options, package, cwd=source, SOURCE_DATE_EPOCH=str(committed_at))
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    _write_zip(folder / wheel.name, content, committed_at)


def _add_javascript_client(source: Path, folder: Path, committed_at: int) -> None:
    """Adds the client in JavaScript, with the files that `npm pack` takes. It needs no Node.js."""
    client = source / "clients" / "js"
    package = json.loads((client / "package.json").read_text())
    code = [file for pattern in package["files"] for file in client.glob(pattern)]
    packed = [client / "package.json", client / "README.md", source / "LICENSE", *code]
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for file in sorted(packed, key=lambda file: file.name):
            entry = tarfile.TarInfo(f"package/{file.name}")
            entry.size, entry.mtime = file.stat().st_size, committed_at
            archive.addfile(entry, io.BytesIO(file.read_bytes()))
    name = f"{package['name']}-{package['version']}.tgz"
    (folder / name).write_bytes(gzip.compress(data.getvalue(), mtime=committed_at))


def _add_template(source: Path, folder: Path, committed_at: int) -> None:
    """Adds the template, and the zip of each function and layer that it refers to."""
    sam = ("env", "-u", "PYTHONPATH", _TOOLS / "sam" / "bin" / "sam", "build")
    _run(*sam, cwd=source, PYTHON=str(_BIN / "python"), SAM_CLI_TELEMETRY="0")
    build = source / ".aws-sam" / "build"
    for unpacked in filter(Path.is_dir, build.iterdir()):
        files = sorted(file for file in unpacked.rglob("*") if file.is_file())
        content = {file.relative_to(unpacked).as_posix(): file.read_bytes() for file in files}
        _write_zip(folder / f"{unpacked.name}.zip", content, committed_at)
    if not any((build / "CoreLayer").rglob("*.pyc")):
        raise SystemExit("A release has bytecode: put a Python 3.13 on PATH, or name it with LAMBDA_PYTHON=")
    template = (build / "template.yaml").read_text()
    packaged = re.sub(r"^( +(?:CodeUri|ContentUri): \w+)$", r"\1.zip", template, flags=re.MULTILINE)
    (folder / "template.yaml").write_text(packaged)


def _add_bill_of_materials(source: Path, folder: Path, committed_at: int) -> None:
    """Adds what the core layer and the desk's consist of, as CycloneDX. The tool checks it."""
    core = source / "layers" / "core"
    options = ("--pyproject", core / "pyproject.toml", "--output-reproducible", "--validate")
    locks = [source / "layers" / layer / "requirements.txt" for layer in ("core", "desk")]
    both = source / "requirements" / "layers.txt"
    both.write_text("".join(locked.read_text() for locked in locks))
    _run(
        _TOOLS / "release" / "bin" / "cyclonedx-py",
        "requirements",
        both,
        *options,
        *("--output-file", folder / "sbom.cdx.json"),
        cwd=source,
        SOURCE_DATE_EPOCH=str(committed_at),
        PYTHONWARNINGS="ignore",  # it misses the dependencies among the dependencies
    )


def _add_brand(source: Path, folder: Path, committed_at: int) -> None:
    """Adds the files of the sample brand, over which an adopter's brand is compiled."""
    brand = source / "layers" / "brand"
    files = sorted(file for file in brand.rglob("*") if file.is_file())
    content = {file.relative_to(brand.parent).as_posix(): file.read_bytes() for file in files}
    _write_zip(folder / "brand.zip", content, committed_at)


def _write_zip(target: Path, content: Mapping[str, bytes], committed_at: int) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name, time.gmtime(committed_at)[:6])
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)


def _run(*command: str | Path, cwd: Path, **environment: str) -> bytes:
    """Runs a program and returns its output. What it reports goes to standard error."""
    return subprocess.run(
        ["/usr/bin/env", *(f"{name}={value}" for name, value in environment.items()), *command],
        cwd=cwd,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout


if __name__ == "__main__":
    build_release(Path(sys.argv[1]).resolve())
    print(f"The release is in {sys.argv[1]}")
