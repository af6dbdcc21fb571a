"""Draw ``verify_4.svg``: what ``urnn-proofs verify 4`` prints, without fonts from elsewhere.

Run ``python docs/images/draw.py`` after the report has changed.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

from urnn_proofs import verify_construction
from urnn_proofs.show.terminal import print_report

WIDTH = 100


def drawn() -> str:
    """Return the picture."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ urnn-proofs verify 4\n", style="bold"))
    print_report(verify_construction(4), console, more="--verbose shows the rest")
    svg = console.export_svg(title="urnn-proofs", unique_id="verify4")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg)
    svg = svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


if __name__ == "__main__":
    Path(__file__).with_name("verify_4.svg").write_text(drawn())
