"""Reading TOML: all faults at once, each at its line."""

from awards.errors import Finding
from awards.lines import line_index
from awards.tables import Source

TEXT = """\
title = "x"
[voting]
votes = 0
[[stages]]
code = "a"
[[stages]]
code = "b"
[[stages.steps]]
name = 1
[stages.extra]
"deep" = 2
"""


def test_every_key_has_the_line_it_stands_on() -> None:
    index = line_index(TEXT)
    assert index["title"] == 1
    assert index["voting.votes"] == 3
    assert index["stages[1].code"] == 7
    assert index["stages[1].steps[0].name"] == 9
    assert index["stages[1].extra.deep"] == 11


def test_a_key_inside_an_inline_table_has_the_line_of_its_parent() -> None:
    source = Source("f.toml", 'a = 1\nfields = [ { code = "x" } ]\n')
    assert source.line("fields[0].code") == 2


def test_broken_toml_is_one_finding_at_its_line() -> None:
    source = Source("f.toml", 'a = 1\nb = "unclosed\n')
    source.parse()
    assert [(finding.line, finding.allowed) for finding in source.findings] == [(2, "valid TOML")]


def test_a_line_separator_inside_a_text_begins_no_line() -> None:
    assert Source("f.toml", 'a = "x\u2028y"\nb = 1\n').line("b") == 2


def test_brackets_without_end_are_a_finding() -> None:
    source = Source("f.toml", "a = " + "[" * 5000 + "]" * 5000)
    assert source.parse().broken
    assert [(finding.line, finding.allowed) for finding in source.findings] == [(1, "valid TOML")]


def test_a_control_character_is_a_finding() -> None:
    source = Source("f.toml", 'title = "a\\u0000b"\n')
    source.parse().text("title")
    assert [finding.found for finding in source.findings] == ["the control character U+0000"]


def test_a_choice_among_none_is_a_finding() -> None:
    source = Source("f.toml", 'edition = "qingdao-2020"\n')
    assert source.parse().one_of("edition", ()) == ""
    assert [finding.key for finding in source.findings] == ["edition"]


def test_front_matter_lines_count_from_the_top_of_the_file() -> None:
    source = Source("c.md", "tilte = 1\n", offset=1)
    table = source.parse()
    table.text("title", "")
    table.done()
    found = "unknown key tilte"
    assert source.findings == [Finding("c.md", 2, "tilte", found, "one of title (did you mean title?)")]


def test_all_faults_of_a_table_are_told_at_once() -> None:
    source = Source("f.toml", 'count = "many"\nkind = "od"\nflag = 1\nname = "  "\n')
    table = source.parse()
    table.whole("count", 1, 9)
    table.one_of("kind", ("odd", "even"))
    table.flag("flag")
    table.text("name")
    table.text("missing")
    assert [(finding.key, finding.line) for finding in source.findings] == [
        ("count", 1), ("kind", 2), ("flag", 3), ("name", 4), ("missing", 0),
    ]  # fmt: skip


def test_weights_must_sum_to_a_hundred() -> None:
    source = Source("f.toml", "weights = { votes = 50, media = 20, experts = 31 }\n")
    source.parse().percents("weights", ("votes", "media", "experts"))
    assert [finding.found for finding in source.findings] == ["weights that sum to 101"]


def test_no_weights_at_all_do_not_sum_to_a_hundred() -> None:
    source = Source("f.toml", "weights = {}\n")
    source.parse().percents("weights", ("votes", "media"))
    assert [finding.found for finding in source.findings] == ["weights that sum to 0"]


def test_true_is_no_whole_number() -> None:
    source = Source("f.toml", "votes = true\n")
    assert source.parse().whole("votes", 1, 9, 1) == 1
    assert len(source.findings) == 1


def test_a_key_inside_a_text_of_several_lines_is_no_key() -> None:
    text = 'a = """\nb = 1\n[c]\n\\""" d = 1\n"""\nb = 2\nnote = "x" # "\ne = \'\'\'\nb = 3\n\'\'\'\nf = 4\n'
    assert line_index(text) == {"a": 1, "b": 6, "note": 7, "e": 8, "f": 11}


def test_a_code_that_stands_twice_is_told_at_the_second_place() -> None:
    source = Source("f.toml", '[[stages]]\ncode = "a"\n[[stages]]\ncode = "a"\n[[stages]]\ncode = 1\n')
    table = source.parse()
    table.note_repeats("stages", [entry.data["code"] for entry in table.tables("stages")])
    assert [(finding.line, finding.key) for finding in source.findings] == [(4, "stages[1].code")]
