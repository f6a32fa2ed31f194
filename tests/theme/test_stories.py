"""Stories: whatever stands in one, what comes out is safe and there is something to read."""

import pytest

from theme.stories import plain, render


def test_a_story_nested_beyond_the_parser_is_shown_as_it_stands():
    deep = "\n".join("    " * depth + "- <b>a</b>" for depth in range(400))
    assert render(deep).startswith("<pre>- &lt;b&gt;a")
    assert render("- a") == "<ul>\n<li>a</li>\n</ul>"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_description_is_the_first_paragraph_whatever_ends_its_lines(newline):
    story = newline.join(("# 题目", "", "第一段，", "两行。", "  ", "第二段。"))
    assert plain(story) == "第一段， 两行。"


def test_a_description_shows_what_the_page_shows_not_its_marks():
    assert plain(r"A \*b\_c and **d** &#124; <i>e</i>, C:\x") == r"A *b_c and d | e, C:\x"


def test_a_long_description_ends_in_an_ellipsis():
    assert plain("长" * 200) == "长" * 119 + "…"
