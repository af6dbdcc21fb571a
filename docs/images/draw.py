"""Draw what is shown: ``verify 4`` in a terminal, a step in a notebook, a page of the paper.

Run ``python docs/images/draw.py`` after they have changed.  The step needs Playwright and Chromium,
the page latexmk and pdftoppm; without them those pictures stay as they are.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageOps
from rich.console import Console
from rich.text import Text

from urnn_proofs import __version__, theorem, verify_construction
from urnn_proofs.show.paper.document import generate
from urnn_proofs.show.paper.request import PAPER, Request
from urnn_proofs.show.terminal import print_report

WIDTH = 100
KATEX = Path(__file__).parents[1] / "assets" / "katex"
STEP = """<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="katex.min.css">
<script src="katex.min.js"></script><script src="auto-render.min.js"></script>
<body style="margin:8px 16px;width:960px;font:15px system-ui,sans-serif;color:#222">%s
<script>
  document.querySelectorAll("details").forEach((e) => { e.open = true; });
  renderMathInElement(document.body, {delimiters: [{left: "$", right: "$", display: false}]});
</script>"""


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


def draw_step(target: Path, browser: str) -> None:
    """Draw a step of Theorem 3.1 as a notebook shows it, its evidence unfolded."""
    from playwright.sync_api import sync_playwright

    page = KATEX / "step.html"  # beside the fonts, which a page reads from its own folder
    shown = theorem("3.1").check_step("S3 gate")._repr_html_()
    try:
        page.write_text(STEP % shown, encoding="utf-8")
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            tab = started.new_page(viewport={"width": 992, "height": 200})
            tab.goto(page.as_uri())
            tab.evaluate("document.fonts.ready")
            tab.screenshot(path=target, full_page=True)
            started.close()
    finally:
        page.unlink(missing_ok=True)


def draw_page(target: Path) -> None:
    """Compile the paper, and draw the page with the figure of the construction."""
    text = generate(Request(PAPER, paper=True, version=__version__)).text
    with TemporaryDirectory() as folder:
        (Path(folder) / "paper.tex").write_text(text)
        for command in (
            ["latexmk", "-pdf", "-silent", "-interaction=nonstopmode", "paper.tex"],
            [
                "pdftoppm",
                "-png",
                "-r",
                "120",
                "-gray",
                "-f",
                "3",
                "-singlefile",
                "paper.pdf",
                "page",
            ],
        ):
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
        with Image.open(Path(folder) / "page.png") as page:
            left, top, right, bottom = ImageOps.invert(page.convert("L")).getbbox()
            cut = page.crop((left - 24, top - 24, right + 24, bottom + 24))
            cut.quantize(16).save(target, optimize=True)


if __name__ == "__main__":
    here = Path(__file__).parent
    (here / "verify_4.svg").write_text(drawn())
    if found := shutil.which("chromium") or shutil.which("google-chrome"):
        draw_step(here / "notebook_step.png", found)
    if shutil.which("latexmk") and shutil.which("pdftoppm"):
        draw_page(here / "paper_page.png")
