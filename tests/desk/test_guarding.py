"""The guard: what is private is found before it is committed, and what is public passes."""

import os
import subprocess
from pathlib import Path

import pytest
import submissions
from arriving import Office

from awards.errors import FindingsError
from desk import casewriting, guarding
from desk.withheld import Secrets

ROOT = Path(__file__).parent.parent.parent
CASE = "content/editions/qingdao-2019/cases/2019-cs-0007.md"
PRIVATE = {
    "name": "林示例",
    "phone": "0532-85910000",
    "phone, spaced": "（0532）8591 0000",
    "phone, in its own city": "85910000",
    "email": "lin@example.org",
    "email, escaped": "lin\\@example\\.org",
    "code": submissions.COMPANY,
    "code, in small letters": submissions.COMPANY.lower(),
    "code of the group": submissions.GROUP,
    "the other side": "示例市城市管理局",
}


def git(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=root, env=os.environ | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    git(tmp_path, "init", "-q", ".")
    office.submit("2019-0007")
    office.pull()
    return office


@pytest.fixture
def root(office):
    return office.content.parent


def stage(root, text, path=CASE):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert git(root, "add", "-f", path).returncode == 0


def found(office, root) -> list:
    try:
        guarding.run(root, office.var, everything=False)
    except FindingsError as error:
        return error.findings
    return []


def test_a_form_saved_by_notepad_guards_as_well(office, root):
    form = office.content / "editions" / "qingdao-2019" / "form.toml"
    form.write_bytes(b"\xef\xbb\xbf" + form.read_bytes())
    stage(root, "林示例")
    assert {finding.path for finding in found(office, root)} == {CASE}


def test_a_form_that_cannot_be_read_lets_nothing_pass(office, root):
    form = office.content / "editions" / "qingdao-2019" / "form.toml"
    form.write_text(form.read_text("utf-8") + "\n[[fields", "utf-8")
    stage(root, "林示例")
    assert {finding.path for finding in found(office, root)} == {"qingdao-2019/form.toml"}


@pytest.mark.parametrize("value", PRIVATE.values(), ids=PRIVATE.keys())
def test_a_private_value_is_found_wherever_it_is_staged(office, root, value):
    stage(root, f"+++\ntitle = 'x'\n+++\n\n请与{value}联系。\n")
    assert {finding.path for finding in found(office, root)} == {CASE}


def test_a_find_names_the_field_and_never_the_value(office, root):
    stage(root, "".join(PRIVATE.values()))
    said = "".join(f"{finding.found} {finding.allowed}" for finding in found(office, root))
    assert "Contact of 2019-0007" in said
    assert [value for value in PRIVATE.values() if value in said] == []


def test_the_case_that_screening_writes_passes(office, root):
    (one,) = office.pull()
    made = casewriting.make(office.edition, one)
    casewriting.write(office.folder, made)
    assert git(root, "add", "content").returncode == 0
    assert guarding.run(root, office.var, everything=False) > 4
    assert guarding.run(root, office.var, everything=True) > 4


def test_an_entrants_own_file_is_found_by_its_content(office, root):
    (one,) = office.pull()
    stage(root, next((one.folder / "files").glob("*.jpg")).read_bytes(), "content/editions/qingdao-2019/pictures/a.jpg")
    assert [finding.found for finding in found(office, root)] == ["a file that the entrant of 2019-0007 uploaded"]


def test_what_looks_personal_is_found_though_nobody_submitted_it(office, root):
    stage(root, "a\n联系13912345678\n", "content/notices/a.md")
    assert [(finding.path, finding.line) for finding in found(office, root)] == [("content/notices/a.md", 2)]


def test_what_is_not_staged_or_lies_elsewhere_is_nobodys_business(office, root):
    stage(root, PRIVATE["email"], "docs/a.md")
    (root / CASE).parent.mkdir(parents=True)
    (root / CASE).write_text(PRIVATE["email"])
    assert found(office, root) == []
    with pytest.raises(FindingsError):
        guarding.run(root, office.var, everything=True)


def test_the_staged_text_counts_and_not_the_one_in_the_folder(office, root):
    stage(root, PRIVATE["email"])
    (root / CASE).write_text("mended, but not staged")
    assert found(office, root) != []


def test_a_find_that_is_allowed_with_its_reason_passes_in_its_file_alone(office, root):
    (root / ".githooks").mkdir()
    (root / ".githooks" / "allowed.toml").write_text(
        '[[allowed]]\npath = "content/notices/a.md"\ntext = "13912345678"\nreason = "the organisers own telephone"\n'
    )
    stage(root, "139 1234 5678", "content/notices/a.md")
    assert found(office, root) == []
    stage(root, "139 1234 5678", "content/notices/b.md")
    assert [finding.path for finding in found(office, root)] == ["content/notices/b.md"]


def test_an_allowance_without_reason_is_a_fault(office, root):
    (root / ".githooks").mkdir()
    (root / ".githooks" / "allowed.toml").write_text('[[allowed]]\npath = "a"\ntext = "b"\n')
    assert [finding.key for finding in found(office, root)] == ["allowed[0].reason"]


def test_a_list_of_allowances_that_is_no_text_is_told(office, root):
    (root / ".githooks").mkdir()
    (root / ".githooks" / "allowed.toml").write_bytes("# 电话".encode("gb18030"))
    assert [(finding.path, finding.line) for finding in found(office, root)] == [(guarding.ALLOWED, 1)]


def test_a_private_word_that_others_say_in_public_is_no_secret(office, root):
    for number in (8, 9):
        office.submit(f"2019-000{number}", shade=number, contact_name="王示例", story="林示例平台上线。")
    office.pull()
    stage(root, "林示例")
    assert found(office, root) == []


def test_the_hook_refuses_the_commit(office, root):
    hooks = root / ".githooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_bytes((ROOT / ".githooks" / "pre-commit").read_bytes())
    (hooks / "pre-commit").chmod(0o755)
    (root / "publish.py").symlink_to(ROOT / "publish.py")
    (root / ".venv").symlink_to(ROOT / ".venv")
    git(root, "config", "core.hooksPath", ".githooks")
    var = {"PINGXUAN_VAR": str(office.var)}
    stage(root, "一切公开。\n")
    assert git(root, "commit", "-qm", "public", **var).returncode == 0
    stage(root, f"联系{PRIVATE['name']}，{PRIVATE['phone']}\n")
    refused = git(root, "commit", "-qm", "private", **var)
    assert refused.returncode == 1
    assert "2019-cs-0007.md" in refused.stdout + refused.stderr
    assert PRIVATE["name"] not in refused.stdout + refused.stderr


def test_content_holds_nothing_that_looks_personal():
    everything = list(guarding.standing(ROOT))
    assert len(everything) > 100
    assert guarding.check(everything, Secrets(), guarding.read_allowed(ROOT)) == []
