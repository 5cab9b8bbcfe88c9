"""Runs JavaScript of the documents with the client of `clients/js`, as a company that installed it."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "clients" / "js"


def install_client(folder: Path) -> None:
    """Makes `heed-client` known to the modules of a folder."""
    packages = folder / "node_modules"
    packages.mkdir()
    (packages / "heed-client").symlink_to(CLIENT)


def run_module(script: str, *arguments: str, folder: Path, content: str = "") -> str:
    """Runs a module in a folder, with `content` as its standard input. Returns what it prints."""
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", script, "--", *arguments],  # noqa: S607
        cwd=folder,
        input=content,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
