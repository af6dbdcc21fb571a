"""Every link of the built site leads somewhere: to a file of it, and to a place in that file."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

#: Attributes that name another file.
LINKING = {"href", "src", "data", "poster", "action"}
ELSEWHERE = ("http", "https", "mailto")


class Page(HTMLParser):
    """What a page links to, loads, and can be linked at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.places = {"", "__top"}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.places.add(value)
            if name in LINKING and value is not None:
                self.links.append((tag, value.strip()))

    handle_startendtag = handle_starttag


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    # The page for what is not found is meant for a server: its paths start at the root.
    found = [path for path in site.rglob("*.html") if path.name != "404.html"]
    return {path: Page(path.read_text()) for path in found}


def test_every_link_leads_to_a_file_and_to_a_place_in_it(pages):
    dead = []
    for path, page in pages.items():
        for _, link in page.links:
            parts = urlsplit(link)
            if parts.scheme in (*ELSEWHERE, "data", "javascript"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if target not in pages:
                if not target.is_file():
                    dead.append(f"{path.name}: {link}")
            elif place not in pages[target].places and not place.startswith(":~:"):
                dead.append(f"{path.name}: {link}: no such place")
    assert dead == []


def test_there_are_links_to_check(pages):
    assert sum(len(page.links) for page in pages.values()) > 1000


def test_pages_load_nothing_from_elsewhere(pages):
    for path, page in pages.items():
        for tag, link in page.links:
            if tag != "a" and urlsplit(link).scheme in ("http", "https"):
                assert tag == "link", f"{path.name}: <{tag}> {link}"


def test_what_is_believed_is_linked_from_home(site, pages):
    linked = {link.split("#")[0] for _, link in pages[site / "index.html"].links}
    assert "TRUST.html" in linked
