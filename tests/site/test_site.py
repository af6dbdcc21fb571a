"""The site: it builds without a warning, asks nobody for anything, and every formula is set."""

from __future__ import annotations

import re

from browser import Tab


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


def test_every_page_in_a_browser(site, browser):
    """No error on the console, no request but for files, no formula left as text or as an error."""
    # The page for what is not found is meant for a server: its paths start at the root.
    pages = sorted(path for path in site.rglob("*.html") if path.name != "404.html")
    assert len(pages) >= 15
    formulas = 0
    with Tab(browser) as tab:
        for path in pages:
            tab.open(path)
            name = path.relative_to(site)
            assert tab.problems == [], name
            assert tab.page.locator(".katex-error").count() == 0, name
            formulas += tab.page.locator(".katex").count()
            shown = tab.page.evaluate(TEXT_WITHOUT_CODE)
            left = re.search(r"\\\(|\\\[|\$\$|\$[^$\n]{1,60}[\\^_][^$\n]*\$", shown)
            assert left is None, f"{name}: {left and left.group()}"
    assert formulas > 200


# The visible text, without code, consoles and set formulas (whose source is kept beside them).
TEXT_WITHOUT_CODE = """() => {
  const copy = document.body.cloneNode(true);
  for (const e of copy.querySelectorAll("pre, code, script, style, .katex")) e.remove();
  return copy.textContent;
}"""
