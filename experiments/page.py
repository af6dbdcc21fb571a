"""Print every table of docs/experiments.md again, each below the command that it comes from."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from urnn_proofs.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "experiments.md"
_BLOCK = re.compile(r"```text\nurnn-proofs (experiment table .+)\n```\n\n((?:\|.*\n)*\n?)")


def renewed(text: str) -> str:
    """Return the page with every table as its command prints it now, in the folder of the page."""

    def one(block: re.Match[str]) -> str:
        result = CliRunner().invoke(app, shlex.split(block[1]))
        if result.exit_code:
            raise SystemExit(f"{block[1]}: {result.output}")
        return f"```text\nurnn-proofs {block[1]}\n```\n\n{result.stdout}\n"

    return _BLOCK.sub(one, text)


if __name__ == "__main__":
    import os

    os.chdir(PAGE.parents[1])
    PAGE.write_text(renewed(PAGE.read_text()))
