"""Run the notebooks, and bring what they show into a form that can be stored and compared.

``python tests/notebook_runs.py [NAME ...]`` runs the text forms ``notebooks/*.py`` and writes the
``.ipynb`` files with their outputs.  The tests run the same and compare.

The notebook packages, which take seconds to load, are imported where they are used.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
TEXTS = sorted(FOLDER.glob("[0-9]*.py"))
#: Seconds a cell may take on a busy machine.
LIMIT = 120

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_JUPYTEXT = {"formats": "ipynb,py:percent"}
#: Kinds of output that are kept; pictures are stored as PNG only.
_KEPT = ("text/plain", "text/html", "text/latex", "text/markdown", "image/png")


def run(text: Path) -> Any:
    """Run the text form of a notebook in a fresh kernel and return it in the stored form."""
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(text)
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
    client = NotebookClient(
        notebook, timeout=LIMIT, kernel_name="python3", resources={"metadata": {"path": FOLDER}}
    )
    client.execute()
    return stored_form(notebook)


def stored_form(notebook: Any) -> Any:
    """Drop what differs from run to run: times, identifiers, versions."""
    import nbformat

    cells = [c for c in notebook.cells if c.source.strip()]
    count = 0
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = [_output(o, count) for o in _joined(cell.outputs)]
    notebook.cells = cells
    notebook.metadata = nbformat.from_dict({"jupytext": _JUPYTEXT, "kernelspec": _KERNEL})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _joined(outputs: list[Any]) -> list[Any]:
    """Join pieces of one stream, which arrive as they happen to be flushed."""
    found: list[Any] = []
    for output in outputs:
        last = found[-1] if found else None
        if last and output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            found.append(output)
    return found


def _output(output: Any, count: int) -> Any:
    if "execution_count" in output:
        output.execution_count = count
    if "data" in output:
        about = output.metadata.get("image/png")  # the text alternative and the width
        output.metadata.clear()
        if about:
            output.metadata["image/png"] = about
        output.data = type(output.data)({k: output.data[k] for k in _KEPT if k in output.data})
        if "text/html" in output.data or "image/png" in output.data:
            output.data.pop("text/latex", None)
            output.data["text/plain"] = output.data.get("text/plain", "")[:200]
    return output


# Bounds begin with a floating-point proposal; its last digits, and what a simulation found, may
# differ from one processor to the next.
_PROPOSED = re.compile(r"\d[\d/]{6,}|\d+(\.\d+)?(e-|\s*\\\\cdot 10\^\{-)\d+")


def comparable(notebook: Any) -> list[Any]:
    """Return sources and outputs; of pictures only that they are there, long numbers as #."""
    cells = []
    for cell in notebook.cells:
        outputs: list[Any] = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                outputs.append((output.name, _PROPOSED.sub("#", output.text.rstrip())))
            else:
                picture = "image/png" in output.data  # its words tell rounding errors
                shown = {
                    kind: "a picture" if picture else _PROPOSED.sub("#", value)
                    for kind, value in output.data.items()
                }
                outputs.append((output.output_type, shown))
        cells.append((cell.cell_type, cell.source, outputs))
    return cells


def main(names: list[str]) -> None:
    """Run and store the notebooks of these names, or all."""
    import nbformat

    for text in TEXTS:
        if names and not any(name in text.stem for name in names):
            continue
        start = time.monotonic()
        nbformat.write(run(text), text.with_suffix(".ipynb"))
        print(f"{text.stem}: {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
