"""The notebooks run top to bottom and show what they store; nothing of a machine is in them."""

from __future__ import annotations

import base64
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from notebook_runs import FOLDER, ROOT, TEXTS, comparable, run

# Found without being loaded, which takes seconds: every worker collects this file.
if not all(find_spec(name) for name in ("nbclient", "jupytext", "matplotlib")):
    pytest.skip("extra notebooks", allow_module_level=True)
STORED = [text.with_suffix(".ipynb") for text in TEXTS]


def read(path):
    import nbformat

    return nbformat.read(path, as_version=4)


def outputs(notebook):
    return [o for cell in notebook.cells for o in cell.get("outputs", [])]


def test_every_notebook_has_a_text_form_and_the_other_way_round():
    found = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    assert found == [text.stem for text in TEXTS]
    assert [name[:2] for name in found] == [f"{k:02}" for k in range(len(found))]


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS, ids=lambda p: p.stem)
def test_notebooks_run_and_show_what_they_store(text):
    found, stored = comparable(run(text)), comparable(read(text.with_suffix(".ipynb")))
    assert len(found) == len(stored)
    for (_, source, shown), (_, _, kept) in zip(found, stored):
        assert shown == kept, source


SIZED = [text for text in TEXTS if re.search(r"^n = \d+", text.read_text(), re.M)]
# What is stored has 2 or 3. One state is where shapes are forgotten; a larger n where all is shown
# once, and where the answer depends on n most.
SIZES = [(text, 1) for text in SIZED]
SIZES += [(text, 5) for text in SIZED if text.stem[:2] in ("00", "03")]


def shown_with(text, n):
    """Run the cells in this process, where all is imported already, with another n."""
    import jupytext
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    shell.reset(new_session=False)
    for cell in jupytext.read(text).cells:
        if cell.cell_type == "code":
            source = re.sub(r"^n = \d+", f"n = {n}", cell.source, flags=re.M)
            with capture_output() as shown:
                result = shell.run_cell(source)
            error = result.error_before_exec or result.error_in_exec
            assert error is None, f"{text.stem}, n = {n}: {error!r} in\n{source}"
            yield from (output.data for output in shown.outputs)
            if result.result is not None:
                yield shell.display_formatter.format(result.result)[0]


@pytest.mark.slow
@pytest.mark.parametrize(("text", "n"), SIZES, ids=lambda v: getattr(v, "stem", str(v)))
def test_notebooks_run_with_another_size(text, n, monkeypatch):
    monkeypatch.chdir(FOLDER)
    # IPython puts a module of its own there, with which no process can be started afterwards.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    shown = list(shown_with(text, n))
    assert sum("image/png" in data for data in shown) >= 1
    html = " ".join(data.get("text/html", "") for data in shown)
    assert "✘ REFUTED" not in html
    assert "? UNKNOWN" not in html


def test_the_course_has_sizes_to_change():
    assert [text.stem[:2] for text in SIZED] == ["00", "01", "02", "03"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda p: p.stem)
def test_text_form_and_notebook_agree(text):
    import jupytext

    pair = jupytext.read(text), read(text.with_suffix(".ipynb"))
    plain, stored = ([(c.cell_type, c.source) for c in n.cells if c.source] for n in pair)
    assert plain == stored


@pytest.mark.parametrize("path", STORED, ids=lambda p: p.stem)
def test_stored_notebooks_are_clean(path):
    import nbformat

    notebook = read(path)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"jupytext", "kernelspec"}
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))
    assert not any(c.metadata for c in notebook.cells)
    assert sum(len(c.outputs) > 0 for c in code) >= 4
    for output in outputs(notebook):
        assert output.output_type != "error"
        assert output.get("name") != "stderr"
    words = path.read_text()
    assert not re.search(r"/(tmp|home|root|work|usr|opt|Users)/|site-packages|[A-Z]:\\\\", words)
    assert "Traceback" not in words
    assert str(ROOT) not in words


def test_pictures_are_few_and_small():
    pictures = 0
    for path in STORED:
        for output in outputs(read(path)):
            if "image/png" in output.get("data", {}):
                pictures += 1
                assert len(base64.b64decode(output.data["image/png"])) < 80_000
    assert pictures >= 8
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 2_000_000


def test_links_between_notebooks_lead_somewhere():
    linked = 0
    for path in STORED:
        for cell in read(path).cells:
            for target in re.findall(r"\]\(([^)#:]+)\)", cell.source):
                if cell.cell_type == "markdown":
                    assert (FOLDER / target).exists(), target
                    linked += 1
    assert linked >= len(STORED) - 1


def test_a_changed_output_is_noticed():
    """The comparison can fail: a changed verdict, a missing picture, a changed short number."""
    notebook = read(STORED[2])
    before = comparable(notebook)
    html = next(
        o for o in outputs(notebook) if "✔ PROVED" in o.get("data", {}).get("text/html", "")
    )
    html.data["text/html"] = html.data["text/html"].replace("✔ PROVED", "✘ REFUTED", 1)
    assert comparable(notebook) != before
    notebook = read(STORED[2])
    picture = next(o for o in outputs(notebook) if "image/png" in o.get("data", {}))
    del picture.data["image/png"]
    assert comparable(notebook) != before
    from nbformat import v4

    stream = v4.new_output("stream", text="n = 2, H = 123456789/1000, 1.25e-17")
    cell = v4.new_code_cell("x", outputs=[stream])
    shown = comparable(v4.new_notebook(cells=[cell]))
    assert shown == [("code", "x", [("stdout", "n = 2, H = #, #")])]


def test_the_readme_names_the_notebooks():
    readme = (ROOT / "README.md").read_text()
    assert "make notebooks" in readme
    for text in TEXTS:
        assert f"notebooks/{text.stem}.ipynb" in readme
    for picture in re.findall(r"docs/images/[\w.]+", readme):
        assert Path(ROOT / picture).stat().st_size < 150_000
