"""Print every table of docs/experiments.md again, each below the command that it comes from."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from urnn_proofs.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "experiments.md"
SPEED = PAGE.parents[1] / "benchmarks" / "results" / "device_speed.jsonl"
_SPEED = re.compile(r"(```console\n\$ python benchmarks/device_speed.py\n```\n\n)((?:\|.*\n)*\n?)")
_BLOCK = re.compile(r"```console\n\$ urnn-proofs (experiment table .+)\n```\n\n((?:\|.*\n)*\n?)")


def renewed(text: str) -> str:
    """Return the page with every table as its command prints it now, in the folder of the page."""

    def one(block: re.Match[str]) -> str:
        result = CliRunner().invoke(app, shlex.split(block[1]))
        if result.exit_code:
            raise SystemExit(f"{block[1]}: {result.output}")
        return f"```console\n$ urnn-proofs {block[1]}\n```\n\n{result.stdout}\n"

    return _SPEED.sub(lambda block: f"{block[1]}{_speed()}\n", _BLOCK.sub(one, text))


def _speed() -> str:
    rows = [json.loads(line) for line in SPEED.read_text().splitlines()]
    text = f"| {rows[0]['gpu']} | units | here, µs | plain loop, µs | times as fast |\n"
    text += "| --- | --- | --- | --- | --- |\n"
    for row in rows:
        cells = [
            row["model"].upper(),
            row["hidden"],
            row["ours_us"],
            row["theirs_us"],
            row["ratio"],
        ]
        text += f"| {' | '.join(map(str, cells))} |\n"
    return text


if __name__ == "__main__":
    os.chdir(PAGE.parents[1])
    PAGE.write_text(renewed(PAGE.read_text()))
