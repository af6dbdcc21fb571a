"""Pictures of every page of the built site, for somebody to look at.

``make docs-screenshots`` writes build/screenshots/<width>/<page>.png; names of pages as arguments
(parts of them) choose, ``--dark``, ``--no-scripts`` and ``--unfolded`` say how they are opened.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from browser import WIDTHS, Tab, chromium

ROOT = Path(__file__).parent.parent.parent


def main() -> int:
    """Write the pictures; return the number of pages on which something is cut off."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", nargs="*", help="parts of the names of pages; all if left out")
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--no-scripts", action="store_true")
    parser.add_argument("--unfolded", action="store_true")
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "screenshots")
    chosen = parser.parse_args()
    pages = [p for p in sorted(chosen.site.rglob("*.html")) if p.name != "404.html"]
    bad = 0
    with chromium() as browser:
        for width in chosen.widths:
            how = {"dark": chosen.dark, "scripts": not chosen.no_scripts}
            with Tab(browser, width=width, **how) as tab:
                for path in pages:
                    name = path.relative_to(chosen.site).with_suffix(".png")
                    if chosen.pages and not any(part in str(name) for part in chosen.pages):
                        continue
                    tab.open(path)
                    if chosen.unfolded:
                        tab.unfold()
                    target = chosen.to / str(width) / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    # The bar at the right is no part of the picture of a whole page.
                    tab.page.add_style_tag(content="html { scrollbar-width: none }")
                    tab.page.screenshot(path=target, full_page=True)
                    cut = tab.cut_off() if not chosen.no_scripts else []
                    bad += bool(cut)
                    print(f"{target}", *cut, sep="\n    ")
    return bad


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
