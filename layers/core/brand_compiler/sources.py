"""Finds and reads the files of a brand in its folders."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from brand_compiler.fault import Faults

    Folders = Sequence[Path]
    """The folders of a brand: the project's and, after it, the adopter's, which has only what differs."""

CATALOGUE, LOCK_FILE = "catalogue.toml", "catalogue.lock"
_FOLDERS = ("locales", "pages")
_NAMES = (CATALOGUE, LOCK_FILE, "colours.css", "logo.svg", "style.css", *_FOLDERS)


def find_file(folders: Folders, name: str) -> Path:
    """Returns a file of the brand: that of the last folder that has it, or else where it is missing."""
    files = [folder / name for folder in reversed(folders)]
    return next((file for file in files if file.exists()), files[-1])


def read_source(file: Path, faults: Faults) -> str | None:
    """Returns the text of a file. If it cannot be read, it adds a fault and returns None."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        faults.add(file, 1, "is not UTF-8")
    except OSError as error:
        faults.add(file, 1, error.strerror or "cannot be read")
    return None


def list_visible(folder: Path, pattern: str = "*") -> Iterator[Path]:
    """Yields what a folder contains, without hidden files such as `.git`."""
    return (file for file in folder.glob(pattern) if not file.name.startswith("."))


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Returns the end of a fault about an unknown name: the most similar known one, if there is one."""
    nearest = get_close_matches(name, list(known), 1, 0.8)
    return f"; is it {nearest[0]}?" if nearest else ""


def check_folders(folders: Folders, faults: Faults) -> None:
    """Adds a fault for a folder that is missing, and if that of an adopter is no brand or has unknown files.

    A wrong name would otherwise mean the sample. The pages are checked when they are compiled.
    """
    for folder in folders:
        if not folder.is_dir():
            faults.add(folder, 1, "there is no such folder")
    for folder in filter(lambda each: each.is_dir(), folders[1:]):
        if not (folder / CATALOGUE).exists():
            faults.add(
                folder / CATALOGUE, 1, "is missing; make brand starts a folder that does not exist yet"
            )
        for file in list_visible(folder):
            if file.stem.upper() != "README" and (
                file.name not in _NAMES or file.is_dir() != (file.name in _FOLDERS)
            ):
                faults.add(file, 1, f"no brand has this{suggest_name(file.name, _NAMES)}")
        names = {file.name for each in folders for file in list_visible(each / "locales", "*.toml")}
        for file in list_visible(folder / "locales"):
            if file.suffix != ".toml" and file.stem.upper() != "README":
                faults.add(file, 1, f"no brand has this{suggest_name(file.name, names)}")
