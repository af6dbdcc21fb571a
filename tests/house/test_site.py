"""The site: it builds without a warning, asks nobody for anything, and every formula is set."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    for package in ("mkdocs", "material", "mkdocs_jupyter", "mkdocstrings"):
        pytest.importorskip(package, reason="extra docs")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_every_public_name_is_in_the_reference(site):
    import urnn_proofs

    text = "".join(page.read_text() for page in (site / "api").glob("*.html"))
    for name in urnn_proofs.__all__:
        if not name.startswith("__"):
            assert re.search(rf'id="[\w.]*\.{name}"', text), name


def test_the_command_line_page_names_every_command(site):
    from typer.main import get_command

    from urnn_proofs.cli import app

    text = (site / "api" / "command_line.html").read_text()
    for name in get_command(app).commands:
        assert f"urnn-proofs {name}" in text, name


def test_pages_show_no_markup_of_docstrings(site):
    for page in (site / "api").glob("*.html"):
        assert not re.search(r":(func|class|mod|attr|meth):", page.read_text()), page.name


def test_no_page_asks_for_anything_elsewhere(site):
    loads = re.compile(
        r"""<(?:script|img|iframe)[^>]+src=["'](?:https?:)?//|<link[^>]+rel=["']?"""
        r"""(?:stylesheet|preconnect)["']?[^>]+href=["'](?:https?:)?//"""
    )
    for page in site.rglob("*.html"):
        assert not loads.search(page.read_text()), page.name


def test_every_page_in_a_browser(site):
    """No error on the console, no request but for files, no formula left as text or as an error."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="extra docs")
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no chromium on this machine")
    # The page for what is not found is meant for a server: its paths start at the root.
    pages = sorted(path for path in site.rglob("*.html") if path.name != "404.html")
    assert len(pages) >= 15
    formulas = 0
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        for path in pages:
            problems = []
            tab = chromium.new_page()
            tab.on("console", lambda m, to=problems: m.type == "error" and to.append(m.text))
            tab.on("pageerror", lambda error, to=problems: to.append(str(error)))
            tab.on(
                "request",
                lambda r, to=problems: (
                    r.url.startswith(("file:", "data:", "blob:")) or to.append(r.url)
                ),
            )
            tab.goto(path.as_uri(), wait_until="load", timeout=120_000)
            tab.wait_for_timeout(200)  # what scripts ask for after loading
            name = path.relative_to(site)
            assert problems == [], name
            assert tab.locator(".katex-error").count() == 0, name
            formulas += tab.locator(".katex").count()
            shown = tab.evaluate(TEXT_WITHOUT_CODE)
            left = re.search(r"\\\(|\\\[|\$\$|\$[^$\n]{1,60}[\\^_][^$\n]*\$", shown)
            assert left is None, f"{name}: {left and left.group()}"
            tab.close()
        chromium.close()
    assert formulas > 200


# The visible text, without code, consoles and set formulas (whose source is kept beside them).
TEXT_WITHOUT_CODE = """() => {
  const copy = document.body.cloneNode(true);
  for (const e of copy.querySelectorAll("pre, code, script, style, .katex")) e.remove();
  return copy.textContent;
}"""
