"""`heed compare` with the real functions: whom another system mails, and what Heed answers."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from heed.entrypoints.cli import compare
from tests.cli.conftest import Heed
from tests.cli.server import ApiServer

COMPARE = ("compare", "mails.csv", "--topic", "offers")
OPT_OUT = ("--scope", "*", "--out", "--source", "phone", "--reference", "CALL-118")

pytestmark = pytest.mark.usefixtures("local")


def _save(name: str, *addresses: str) -> None:
    Path(name).write_text("\n".join(["id;Email", *(f"{n};{a}" for n, a in enumerate(addresses))]), "utf-8")


def test_lists_that_agree_are_a_yes(heed: Heed) -> None:
    heed("change", "lee@example.com", *OPT_OUT)
    _save("mails.csv", "joan@example.com", "kim@example.com")
    _save("stopped.csv", "lee@example.com")

    result = heed(*COMPARE, "--stopped", "stopped.csv")

    assert result == (
        0,
        "OLD SYSTEM  HEED   REASON        ROWS\n"
        "mails       mails  ok            2\n"
        "stops       stops  unsubscribed  1\n"
        "\n"
        "0 of 3 rows differ.\n",
        "",
    )


def test_differences_are_counted_by_reason_in_both_directions_and_are_a_no(heed: Heed) -> None:
    heed("change", "lee@example.com", *OPT_OUT)
    heed("change", "mary@example.com", *OPT_OUT)
    _save("mails.csv", "joan@example.com", "Lee@example.com", "mary@example.com", "nobody")
    _save("stopped.csv", "kim@example.com", "lee@example.com")

    result = heed(*COMPARE, "--stopped", "stopped.csv", "--json")

    assert result.code == 1
    assert result.json == {
        "topic": "offers",
        "rows": 6,
        "differing": 4,
        "results": [
            {"old_system": old, "heed": heed_does, "reason": reason, "rows": rows}
            for old, heed_does, reason, rows in (
                ("mails", "mails", "ok", 1),
                ("mails", "stops", "invalid", 1),
                ("mails", "stops", "unsubscribed", 2),
                ("stops", "mails", "ok", 1),
                ("stops", "stops", "unsubscribed", 1),
            )
        ],
    }


def test_the_rows_that_differ_are_saved_for_their_owner_alone_and_no_spreadsheet_runs_them(
    heed: Heed, tmp_path: Path
) -> None:
    heed("change", "lee@example.com", *OPT_OUT)
    _save("mails.csv", "joan@example.com", "lee@example.com", "=1+1")

    assert heed(*COMPARE, "-o", "differences.csv").code == 1

    saved = tmp_path / "differences.csv"
    header, opted_out, invalid = saved.read_text().splitlines()
    assert header == "old_system,heed,reason,since,address"
    assert opted_out.startswith("mails,stops,unsubscribed,20") and opted_out.endswith(",lee@example.com")
    assert invalid == "mails,stops,invalid,,'=1+1"
    assert saved.stat().st_mode & 0o777 == 0o600
    again = heed(*COMPARE, "-o", "differences.csv")
    assert (again.code, "--force" in again.err, saved.read_text().splitlines()[0]) == (2, True, header)
    assert heed(*COMPARE, "-o", "differences.csv", "--force").code == 1


def test_a_compressed_json_list_is_compared_in_batches(
    heed: Heed, tmp_path: Path, server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "MAX_PEOPLE_PER_REQUEST", 2)
    lines = "".join(f'{{"Mail": "{n}@example.com"}}\n' for n in range(5))
    (tmp_path / "mails.csv").write_bytes(gzip.compress(lines.encode()))

    result = heed(*COMPARE, "--column", "mail", "--json")

    assert (result.code, result.json["rows"]) == (0, 5)
    assert [path for _, path, _ in server.requests] == ["/v1/check"] * 3


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"),
        (b"colour\nred\n", "no column with addresses"),
        (b"\x1f\x8b\x08\0", "truncated"),
    ],
)
def test_a_list_that_cannot_be_read_is_a_failure_and_saves_nothing(
    heed: Heed, tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "mails.csv").write_bytes(content)

    result = heed(*COMPARE, "-o", "differences.csv")

    assert (result.code, result.out) == (3, "")
    assert "heed: mails.csv cannot be read: " in result.err and why in result.err
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mails.csv"]
