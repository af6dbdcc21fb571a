"""What the site takes from elsewhere in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

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
        return markdown.replace("](../", "](")
    if page.file.src_uri != "api/command_line.md":
        return markdown
    import typer
    from typer.cli import get_docs_for_click

    from urnn_proofs.cli import app

    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="urnn-proofs")
    text = get_docs_for_click(obj=command, ctx=context, name="urnn-proofs")
    return markdown + text.split("\n", 1)[1].lstrip()
