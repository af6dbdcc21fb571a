"""A headless browser for tests that look at pages: what a page asks for, says and cuts off.

The fixture ``browser`` of a module starts it; ``Tab`` is a window of it that can open many pages,
one after the other::

    def test_something(browser):
        with Tab(browser, width=390) as tab:
            tab.open(ROOT / "docs" / "page.html")
            assert tab.problems == []
            assert tab.cut_off() == []
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: A telephone, a laptop, a large screen.
WIDTHS = (390, 1280, 1920)
#: What may be wider than its box, since a reader sees that it scrolls: nothing else may.
SCROLLERS = (
    ".katex-display",
    "pre",
    "pre > code",
    ".urnn-scroll",
    ".jp-RenderedImage",
    ".md-typeset p:has(> img:only-child)",
    ".md-typeset__scrollwrap",
    ".md-sidebar__scrollwrap",
)


@contextmanager
def chromium() -> Iterator[Any]:
    """Start the browser; skip the test where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="extra docs")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        # With the bars of what scrolls, which Playwright hides: they are part of what is seen.
        started = playwright.chromium.launch(
            executable_path=found, args=FLAGS, ignore_default_args=["--hide-scrollbars"]
        )
        try:
            yield started
        finally:
            started.close()


class Tab:
    """One window; ``page`` is Playwright's, ``problems`` what went wrong since the last opening.

    Problems are errors on the console, exceptions of scripts, and requests for anything but files.
    """

    def __init__(
        self,
        browser: Any,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        scripts: bool = True,
    ) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("console", lambda m: m.type == "error" and self.problems.append(m.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.problems.append(request.url)

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def open(self, path: Path, settle: int = 200) -> None:
        """Open a file and wait for what its scripts do after loading, *settle* milliseconds."""
        self.problems.clear()
        self.page.goto(path.as_uri(), wait_until="load", timeout=120_000)
        self.page.wait_for_timeout(settle)

    def resize(self, width: int, height: int = 900) -> None:
        """Show the same page at another width."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_timeout(60)  # what scripts do on resizing

    def unfold(self) -> bool:
        """Open everything that is folded; tell whether there was anything."""
        opened = self.page.evaluate(
            "() => [...document.querySelectorAll('details:not([open])')]"
            ".map((d) => { d.open = true; }).length"
        )
        if opened:
            self.page.wait_for_timeout(60)
        return bool(opened)

    def cut_off(self) -> list[str]:
        """Return what does not fit: content wider than its box, boxes wider than the window."""
        return list(self.page.evaluate(_CUT_OFF, list(SCROLLERS)))


# An element is named by its tag, its classes and the beginning of its text.
# What is only written past its box, by the padding of a piece of code, may stand out by 3 pixels.
_CUT_OFF = """(scrollers) => {
  const found = [];
  const declared = scrollers.join(", ");
  const window_width = document.documentElement.clientWidth;
  const say = (e, why) => {
    const classes = typeof e.className === "string" ? e.className.trim().replace(/ +/g, ".") : "";
    const words = (e.textContent || "").trim().replace(/\\s+/g, " ").slice(0, 60);
    found.push(`${e.tagName.toLowerCase()}${classes && "." + classes}: ${why}: ${words}`);
  };
  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest("svg, .katex, script, style, noscript")) continue;
    if (e.matches(".md-header__title, .md-header__ellipsis")) continue;  // a second title slides in
    if (!e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const box = e.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) continue;  // for screen readers only
    if (box.right <= 0 && e.closest(".md-sidebar")) continue;  // a drawer, drawn by a button
    if (e.parentElement.closest(declared)) continue;
    const style = getComputedStyle(e);
    const room = style.overflowX === "visible" ? 3 : 1;
    if (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + room && !e.matches(declared))
      say(e, `${e.scrollWidth} in ${e.clientWidth}`);
    if (style.position !== "fixed" && (box.right > window_width + 1 || box.left < -1))
      say(e, `from ${Math.round(box.left)} to ${Math.round(box.right)} of ${window_width}`);
  }
  return found;
}"""
