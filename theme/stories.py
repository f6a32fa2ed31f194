"""Hostile Markdown in, safe HTML out.

Knows Markdown and what the hall lets through; knows no case and no page. One parser is kept, since making one costs
more than a story does. Safe means: nh3's allow list, no pictures from elsewhere, no h1 (the page has its own).
"""

import re
from html import escape, unescape

import nh3
from markdown import Markdown

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "cite", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "i"),
    *("ins", "kbd", "li", "ol", "p", "pre", "q", "s", "strong", "sub", "sup", "ul"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href"}, "th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"}, "ol": {"start"}}
_parser = Markdown(extensions=["tables", "sane_lists"], output_format="html")
for _name in ("image_link", "image_reference", "short_image_ref"):
    _parser.inlinePatterns.deregister(_name)  # pictures come from the front matter alone
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener noreferrer ugc",
    strip_comments=True,
)


_BLANK = re.compile(r"\r?\n[ \t]*\r?\n")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def render(markdown: str) -> str:
    """The safe HTML of a Markdown text. Headings of the first level become the second.

    A text nested beyond what the parser can follow is shown as it stands.
    """
    try:
        html = _parser.reset().convert(markdown)
    except RecursionError:
        html = f"<pre>{escape(markdown)}</pre>"
    return _cleaner.clean(html.replace("<h1", "<h2").replace("</h1>", "</h2>"))


def plain(text: str, limit: int = 120) -> str:
    """The first paragraph of a Markdown or HTML text as plain words, for descriptions; it is still to be escaped."""
    paragraphs = (block.strip() for block in _BLANK.split(text, 20))
    first = next((block for block in paragraphs if block and block[0] not in "#|>-*+![`"), "")
    bare = _ESCAPED.sub(r"\1", nh3.clean(first[: limit * 8], tags=set()).replace("**", ""))
    words = " ".join(unescape(bare).split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
