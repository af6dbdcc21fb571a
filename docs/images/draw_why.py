"""Draw ``why.svg``: the picture that the home page shows, as it stands without JavaScript.

Run ``python docs/images/draw_why.py`` after ``docs/interactive/`` has changed; it needs the extra
``docs`` and a Chromium.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCES = HERE.parent / "interactive"
SCRIPTS = re.findall(r'<script src="interactive/([\w.]+)">', (HERE.parent / "index.md").read_text())

# Where the sheet goes on to what is no picture.
_END = "/* The page around them. */"


def style() -> str:
    """Return the rules of the pictures; a picture follows the system into the dark."""
    sheet = (SOURCES / "interactive.css").read_text().split(_END)[0]
    dark = re.search(r'\[data-md-color-scheme="slate"\] (\.urnn \{[^}]*\})', sheet)
    assert dark is not None
    sheet = sheet.replace(dark.group(), "")
    sheet = re.sub(r"/\*.*?\*/\s*", "", sheet, flags=re.DOTALL)
    return f"{sheet.strip()}\n@media (prefers-color-scheme: dark) {{ {dark.group(1)} }}"


def shell() -> str:
    """Return a page with nothing but the scripts, for a browser that stands in docs/."""
    tags = "".join(f'<script src="{(SOURCES / name).as_uri()}"></script>' for name in SCRIPTS)
    return f'<!doctype html><meta charset="utf-8"><div id="urnn-why"></div>{tags}'


def drawn(browser: Any) -> str:
    """Return the picture, from a running Chromium."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "shell.html"
        page.write_text(shell())
        tab.goto(page.as_uri())
        svg: str = tab.evaluate("() => window.urnnPage.still()")
    tab.close()
    head, rest = svg.split(">", 1)
    return f"{head}>\n<style>\n{style()}\n</style>\n{rest}\n".replace("</g>", "</g>\n")


def main() -> None:
    """Write the picture."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        (HERE / "why.svg").write_text(drawn(browser))
        browser.close()


if __name__ == "__main__":
    main()
