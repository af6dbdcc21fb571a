"""The site: it builds without a warning, asks for nothing, sets every formula, cuts off nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from browser import WIDTHS, Tab

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize(
    ("page", "name", "listed"),
    [
        ("networks", "RNN", "W Any; F Any; b Any; C Any; h_init Any; activation str | Activation"),
        ("sweeps", "read_sweep", "max_cells int; folder str | PathLike[str]"),
        ("results", "Check", "verdict Verdict; trust Trust; role Role"),
    ],
)
def test_every_parameter_is_listed_with_its_own_type(site, page, name, listed):
    text = (site / "api" / f"{page}.html").read_text()
    own = re.split(r'<h2 id="', text[re.search(rf'<h2 id="[\w.]*\.{name}"', text).start() + 1 :])[0]
    plain = " ".join(re.sub(r"<[^>]+>", "", own).split())
    for parameter in listed.split("; "):
        known, of = parameter.split(" ", 1)
        assert re.search(rf"\b{known} \( ?{re.escape(of)}[ ,)]", plain), (parameter, plain[:500])


def test_examples_and_values_are_set_apart(site):
    text = (site / "api" / "results.html").read_text()
    assert "<li><strong>KERNEL</strong>:" in text
    shown = (site / "api" / "networks.html").read_text()
    assert not re.search(r"<p>[^<]*(&gt;){3}|<code>[^<]*(&gt;){3}[^<]*</code></b>", shown)


def test_lists_of_commands_say_the_whole_line(site):
    text = (site / "api" / "command_line.html").read_text()
    assert "Check a certificate with the independent kernel." in text
    assert not re.search(r"<code>[a-z]+</code>:[^<]*\.\.\.", text)


@dataclass
class Seen:
    """What a page was: folded as it opens on a telephone, then unfolded at every width."""

    problems: list[str]
    errors: int
    formulas: int
    words: str
    cut_off: list[str]


@pytest.fixture(scope="module")
def seen(site, browser) -> dict[str, Seen]:
    # The page for what is not found is meant for a server: its paths start at the root.
    pages = sorted(path for path in site.rglob("*.html") if path.name != "404.html")
    found = {}
    with Tab(browser, width=WIDTHS[0]) as tab:
        for path in pages:
            tab.page.goto("about:blank")  # nothing is laid out anew that was seen
            tab.resize(WIDTHS[0])
            tab.open(path)
            one = Seen(
                list(tab.problems),
                tab.page.locator(".katex-error").count(),
                tab.page.locator(".katex").count(),
                tab.page.evaluate(TEXT_WITHOUT_CODE),
                [f"{WIDTHS[0]}, folded: {what}" for what in tab.cut_off()],
            )
            # What is shown when all is folded is shown unfolded, too; each width costs a layout.
            if tab.unfold():
                one.cut_off += [f"{WIDTHS[0]}: {what}" for what in tab.cut_off()]
            for width in WIDTHS[1:]:
                tab.resize(width)
                one.cut_off += [f"{width}: {what}" for what in tab.cut_off()]
            found[str(path.relative_to(site))] = one
    return found


def test_every_page_opens_without_an_error_or_a_request(seen):
    assert len(seen) >= 15
    assert {name: one.problems for name, one in seen.items() if one.problems} == {}


def test_every_formula_is_set(seen):
    """None is left as text or as an error."""
    assert sum(one.formulas for one in seen.values()) > 200
    for name, one in seen.items():
        assert one.errors == 0, name
        left = re.search(r"\\\(|\\\[|\$\$|\$[^$\n]{1,60}[\\^_][^$\n]*\$", one.words)
        assert left is None, f"{name}: {left and left.group()}"


def test_nothing_is_cut_off_at_any_width(seen):
    """On a telephone, a laptop and a large screen, with all unfolded; on the first, folded, too."""
    cut = {name: one.cut_off[:8] for name, one in seen.items() if one.cut_off}
    assert cut == {}


def test_pictures_of_notebooks_are_described(site):
    pages = [page.read_text() for page in (site / "notebooks").glob("*.html")]
    said = [alt for page in pages for alt in re.findall(r'<img alt="([^"]*)"', page)]
    assert len(said) > 20
    assert not [alt for alt in said if len(alt) < 20 or alt.startswith("No description")]


def test_lines_begin_with_no_comma_and_words_are_not_broken(site, browser):
    """After a formula the comma is on its line; what a program printed breaks between words."""
    with Tab(browser, width=390) as tab:
        tab.open(site / "notebooks" / "04_smooth_activations.html")
        after = tab.page.evaluate(
            "() => [...document.querySelectorAll('p > span > .katex')]"
            ".map((f) => f.parentElement.nextSibling?.data ?? '')"
        )
        assert len(after) > 20
        assert [text for text in after if text[:1] in (",", ".", ";", ":") and text] == []
        breaks = tab.page.evaluate(
            "() => [...document.querySelectorAll('.jp-OutputArea-output pre')]"
            ".map((e) => getComputedStyle(e).wordBreak)"
        )
        assert breaks
        assert set(breaks) == {"normal"}


def test_what_is_cut_off_is_found(browser, tmp_path):
    """The measure itself: text wider than its box, hidden or not, and a box wider than the page."""
    for style in ("overflow:hidden", "overflow:visible", "overflow:auto", "width:500px"):
        page = tmp_path / "page.html"
        page.write_text(f'<div style="width:200px;{style}"><b>{"x" * 80}</b></div>')
        with Tab(browser, width=390) as tab:
            tab.open(page, settle=0)
            assert tab.cut_off(), style
    page.write_text('<pre style="width:200px;overflow:auto">' + "x" * 80 + "</pre><p>fits</p>")
    with Tab(browser, width=390) as tab:
        tab.open(page, settle=0)
        assert tab.cut_off() == []


# The visible text, without code, consoles and set formulas (whose source is kept beside them).
TEXT_WITHOUT_CODE = """() => {
  const copy = document.body.cloneNode(true);
  for (const e of copy.querySelectorAll("pre, code, script, style, .katex")) e.remove();
  return copy.textContent;
}"""
