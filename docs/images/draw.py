"""Draw ``verify_4.svg`` and ``paper_page.png``: what ``verify 4`` prints, and a page of the paper.

Run ``python docs/images/draw.py`` after they have changed; without latexmk and pdftoppm only the
former is drawn.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from urnn_proofs import __version__, verify_construction
from urnn_proofs.show.paper.document import generate
from urnn_proofs.show.paper.request import PAPER, Request
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


def draw_page(target: Path) -> None:
    """Compile the paper, and draw the page with the figure of the construction."""
    text = generate(Request(PAPER, paper=True, version=__version__)).text
    with TemporaryDirectory() as folder:
        (Path(folder) / "paper.tex").write_text(text)
        for command in (
            ["latexmk", "-pdf", "-silent", "-interaction=nonstopmode", "paper.tex"],
            ["pdftoppm", "-png", "-r80", "-gray", "-f3", "-singlefile", "paper.pdf", "page"],
        ):
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
        target.write_bytes((Path(folder) / "page.png").read_bytes())


if __name__ == "__main__":
    here = Path(__file__).parent
    (here / "verify_4.svg").write_text(drawn())
    if shutil.which("latexmk") and shutil.which("pdftoppm"):
        draw_page(here / "paper_page.png")
