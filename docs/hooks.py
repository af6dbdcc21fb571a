"""What the site takes from elsewhere in the repository."""

from __future__ import annotations

import html as markup
import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.utils import get_relative_url

ROOT = Path(__file__).parent.parent
PAGES = (
    "TRUST.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "benchmarks/README.md",
    "formal/README.md",
)

TAKEN = (
    "notebooks/*.ipynb",
    "benchmarks/*.png",
    "benchmarks/*.csv",
    "formal/*.v",
    "experiments/results/**/*.png",
)


@event_priority(100)  # before the plugin that looks for notebooks
def on_files(files: Files, config: Any) -> Files:
    """Add the notebooks and the documents of the repository's root."""
    found = [path for pattern in TAKEN for path in ROOT.glob(pattern)]
    names = [*PAGES, *(path.relative_to(ROOT).as_posix() for path in sorted(found))]
    for name in names:
        files.append(File(name, str(ROOT), config["site_dir"], config["use_directory_urls"]))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Write the page of the command line; in the site docs/ is the root, in the repository not."""
    if "/" not in page.file.src_uri:
        return markdown.replace("](../", "](").replace("](docs/", "](")
    if page.file.src_uri != "api/command_line.md":
        return markdown
    import typer
    from typer.cli import get_docs_for_click

    from urnn_proofs.cli import app

    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="urnn-proofs")
    text = get_docs_for_click(obj=command, ctx=context, name="urnn-proofs")
    for short, whole in _said(command):
        text = text.replace(short, whole)
    return f"{markdown.rstrip()}\n\n{text.split(chr(10), 1)[1].lstrip()}"


def _said(group: Any) -> Iterator[tuple[str, str]]:
    """Yield what lists of commands cut short, and all of it."""
    for name, command in group.commands.items():
        item = f"* `{name}`: "
        yield item + command.get_short_help_str(), item + command.help.split("\n\n")[0]
        if hasattr(command, "commands"):
            yield from _said(command)


_LINK = re.compile(r'<a\b([^>]*?)\bhref="([^":#]+)(#[^"]*)?"([^>]*)>(.*?)</a>', re.DOTALL)
_TRUST = re.compile(r"(<span class=['\"]urnn-small['\"]>)(trust [A-Z]+)(: )")
# What lines do not break: options and arrows in code, numbers with an exponent in tables.
_WHOLE = (
    (
        re.compile(r"<code\b[^>]*>.*?</code>", re.DOTALL),
        re.compile(r"(?<![^\s>])(--?[a-z][\w-]*|-&gt;)"),
    ),
    (re.compile(r"<td\b[^>]*>[^<$]*</td>"), re.compile(r"(?<![\w.])(\d[\d.]*e-\d+)\b")),
)
_IMAGE = re.compile(r'(<img alt=")No description has been provided for this image"')
_MATH = re.compile(r"\\\(|\\\[|\$\$|arithmatex")
_WITHOUT_SCRIPTS = (
    "<noscript><p>Formulas are set by a script of this page; "
    "without it they are shown as LaTeX.</p></noscript>"
)


def on_page_content(html: str, page: Any, files: Files, **_: Any) -> str:
    """Lead links of the repository to pages of the site, and the trust of a verdict to TRUST.

    A link to what the site does not have, such as a folder, becomes its words.
    """
    source, url = page.file.src_uri, page.file.url

    def followed(link: re.Match[str]) -> str:
        before, path, place, after, words = link.groups()
        name = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        name = name.removeprefix("docs/")
        found = files.get_file_from_path(name)
        if found is not None:
            to = get_relative_url(found.url, url)
            return f'<a{before}href="{to}{place or ""}"{after}>{words}</a>'
        if (ROOT / name).exists() or (ROOT / "docs" / name).exists():
            return words
        return link.group()

    believed = get_relative_url("TRUST.html", url)
    html = _LINK.sub(followed, html)
    html = _TRUST.sub(rf'\1<a href="{believed}">\2</a>\3', html)
    for place, words in _WHOLE:
        html = place.sub(
            lambda found, w=words: w.sub(r'<span class="whole">\1</span>', found[0]), html
        )
    if source.endswith(".ipynb"):
        html = _described(html, ROOT / source)
    return _WITHOUT_SCRIPTS + html if _MATH.search(html) else html


def _described(html: str, notebook: Path) -> str:
    """Give the pictures of a notebook the text alternatives that are stored beside them."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [each for cell in cells for each in cell.get("outputs", ())]
    pictures = [each for each in outputs if "image/png" in each.get("data", {})]
    said = [each["metadata"].get("image/png", {}).get("alt", "") for each in pictures]
    if len(_IMAGE.findall(html)) != len(said) or "" in said:
        raise ValueError(f"{notebook.name}: a picture without a text alternative")
    left = iter(said)
    return _IMAGE.sub(lambda found: f'{found[1]}{markup.escape(next(left))}"', html)
