"""Find links within the built documentation that lead nowhere.

python .ci/check_doc_links.py doc/_build/html
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page links to, and what can be linked to on it."""

    def __init__(self, text):
        super().__init__()
        self.anchors = set()
        self.links = set()
        self.pictures = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note anchors, links and pictures."""
        attributes = dict(attrs)
        self.anchors |= {attributes.get("id"), attributes.get("name")} - {None}
        if tag == "a" and attributes.get("href"):
            self.links.add(attributes["href"])
        if tag in {"img", "script"} and attributes.get("src"):
            self.pictures.add(attributes["src"])


def dead_links(folder, pages):
    """Yield (page, link) of links within the folder without a target."""
    for path, page in pages.items():
        for link in sorted(page.links | page.pictures):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or parts.path.startswith("data:"):
                continue
            target = path if not parts.path else path.parent / unquote(parts.path)
            target = target.resolve()
            anchor = unquote(parts.fragment)
            on_page = pages[target].anchors if target in pages else None
            if not target.exists() or (anchor and on_page and anchor not in on_page):
                yield path.relative_to(folder), link


def main(folder, *options):
    """Print dead links; the exit code says whether there are any."""
    folder = Path(folder).resolve()
    pages = {
        path: Page(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.html")
        if "_static" not in path.relative_to(folder).parts  # templates of the theme
    }
    dead = list(dead_links(folder, pages))
    if "--no-gallery" in options:  # nothing has drawn the pictures
        dead = [d for d in dead if "sphx_glr" not in d[1]]
    for page, link in dead:
        print(f"{page}: {link} leads nowhere")
    print(f"{len(pages)} pages, {len(dead)} dead links")
    return int(bool(dead))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
