"""Every formula that a notebook shows is one KaTeX reads in strict mode (needs Node.js)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from paths import ROOT

KATEX = ROOT / "docs" / "assets" / "katex" / "katex.min.js"
NODE = shutil.which("node")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
READ = """
const katex = require(process.argv[1]);
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const wrong = [];
for (const [display, tex] of formulas) {
  try { katex.renderToString(tex, {displayMode: display, strict: "error", throwOnError: true}); }
  catch (error) { wrong.push(tex + "  --  " + error.message); }
}
console.log(JSON.stringify(wrong));
"""
DOLLARS = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)


class Typeset(HTMLParser):
    """Collects the text that MathJax or KaTeX would look at."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.skipped = 0
        self.depth = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag == "br":
            return
        skip = tag in ("code", "pre", "style", "script")
        skip = skip or "tex2jax_ignore" in (dict(attrs).get("class") or "")
        self.depth.append(skip)
        self.skipped += skip

    def handle_endtag(self, tag):
        if tag != "br":
            self.skipped -= self.depth.pop()

    def handle_data(self, data):
        if not self.skipped:
            self.text += data


def in_markdown(text: str) -> str:
    """Return Markdown without its code."""
    return re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)


def in_html(markup: str) -> str:
    reader = Typeset()
    reader.feed(markup)
    return reader.text


def formulas(path: Path) -> list[tuple[bool, str]]:
    """Return (display, LaTeX) of everything between dollars."""
    shown = []
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "markdown":
            shown.append(in_markdown("".join(cell["source"])))
        for output in cell.get("outputs", []):
            data = {k: "".join(v) for k, v in output.get("data", {}).items()}
            shown += [in_html(data["text/html"])] if "text/html" in data else []
            shown += [data["text/latex"]] if "text/latex" in data else []
            shown += [in_markdown(data["text/markdown"])] if "text/markdown" in data else []
    found = [(bool(m[1]), m[1] or m[2]) for text in shown for m in DOLLARS.finditer(text)]
    # No dollar is left over: a stray one would turn words into a formula.
    assert not any("$" in DOLLARS.sub("", text) for text in shown)
    return list(dict.fromkeys(found))


def refused(found: list[tuple[bool, str]]) -> list[str]:
    if NODE is None:
        pytest.skip("needs Node.js")
    done = subprocess.run(
        [NODE, "-e", READ, str(KATEX)],
        input=json.dumps(found),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_formula_is_read_by_katex(path):
    found = formulas(path)
    assert found
    assert refused(found) == []


def test_formulas_are_found_and_wrong_ones_refused():
    assert DOLLARS.findall("$a$ and $$b$$") == [("", "a"), ("b", "")]
    assert in_html("<p>$x$<code>$y$</code><b>$z$</b></p>") == "$x$$z$"
    assert in_markdown("$x$ `$y$` $z$") == "$x$  $z$"
    assert len(refused([(False, r"\frac{1}"), (False, "x^2"), (True, r"\nosuch")])) == 2
