"""Pull: what arrived is here, whole and private; what is here does not travel again."""

import json
import stat
from dataclasses import replace
from uuid import uuid4

import ministack
import pytest
from arriving import Office
from chalicelib import s3_uploads
from chalicelib.drafts import State
from dynamodb import Account
from engines import needs
from posting import There
from rich.console import Console

from awards.errors import PingxuanError
from awards.screening import Outcome
from desk import deciding, pulled, pulling
from desk.submitted import Submitted


def pull(office):
    return pulling.pull(office.edition.id, office.place, office.var)


def folder(office, number="2019-0001"):
    return office.var / "pulled" / "qingdao-2019" / number


def set_state(office, number, state):
    before = office.place.store.draft("qingdao-2019", f"draft-{number}")
    assert office.place.store.replace(before, replace(before, state=state))


def test_answers_and_files_arrive_and_nobody_else_may_look(office):
    draft = office.submit("2019-0001")
    assert pull(office).numbers == ("2019-0001",)
    one = pulled.read(folder(office))
    assert pulled.same(one.draft, draft)
    assert {file.digest: one.file_of(file.digest).read_bytes()[:2] for file in draft.files} == {
        file.digest: b"\xff\xd8" if file.type == "image/jpeg" else b"%P" for file in draft.files
    }
    assert stat.S_IMODE(folder(office).parent.stat().st_mode) == 0o700


def test_the_token_does_not_travel(office):
    office.submit("2019-0001")
    pull(office)
    assert "hashed-token" not in (folder(office) / "submission.json").read_text()


def test_a_draft_that_was_never_submitted_does_not_travel(office):
    office.submit("2019-0001")
    before = office.place.store.draft("qingdao-2019", "draft-2019-0001")
    office.place.store.replace(before, replace(before, number="", state=State.DRAFT))
    assert pull(office).numbers == ()


def test_pulled_again_nothing_travels(office):
    draft = office.submit("2019-0001")
    first = pull(office)
    assert (first.changed, first.files) == (("2019-0001",), len({file.digest for file in draft.files}))
    again = pull(office)
    assert (again.changed, again.files, again.bytes) == ((), 0, 0)


def test_a_file_that_was_cut_off_here_is_fetched_again(office):
    draft = office.submit("2019-0001")
    pull(office)
    path = pulled.read(folder(office)).file_of(draft.files[0].digest)
    whole = path.read_bytes()
    path.write_bytes(whole[:10])
    assert pull(office).files == 1
    assert path.read_bytes() == whole


def test_a_file_that_is_gone_or_was_changed_is_told_and_not_kept(office):
    draft = office.submit("2019-0001")
    office.place.uploads.drop(draft.key("f0"))
    taken = office.var / "uploads" / "taken" / draft.key("f1")
    taken.write_bytes(bytes(taken.stat().st_size))
    pull(office)
    pull(office)
    one = pulled.read(folder(office))
    assert set(one.broken) == {"f0", "f1"}
    assert one.file_of(draft.files[0].digest) is None
    faults = pulled.findings_of(office.edition, [one])["2019-0001"]
    assert [fault.code for fault in faults] == ["broken_file", "broken_file"]


def test_what_was_withdrawn_is_removed_here_too(office):
    office.submit("2019-0001")
    pull(office)
    set_state(office, "2019-0001", State.WITHDRAWN)
    assert pull(office).removed == ("2019-0001",)
    assert not folder(office).exists()


def test_a_number_that_would_be_a_path_is_refused(office):
    office.submit("2019-0001")
    before = office.place.store.draft("qingdao-2019", "draft-2019-0001")
    office.place.store.replace(before, replace(before, number="../../x"))
    with pytest.raises(PingxuanError, match="numbered"):
        pull(office)


def test_a_broken_off_pull_leaves_what_was_there(office, monkeypatch):
    office.submit("2019-0001")
    pull(office)
    before = (folder(office) / "submission.json").read_bytes()
    set_state(office, "2019-0001", State.PASSED)
    monkeypatch.setattr(pulling.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(PingxuanError, match="cannot be written"):
        pull(office)
    assert (folder(office) / "submission.json").read_bytes() == before
    assert not list(folder(office).glob(".*.part"))


def test_the_table_tells_findings(office, capsys):
    office.submit("2019-0001", story="电话13800138000[bold]")
    report = pull(office)
    pulling.show(office.edition, report, office.var, Console(width=200))
    said = capsys.readouterr().out
    assert "2019-0001" in said
    assert "疑有手机号" in said
    assert "1 submissions, 1 new or changed" in said


def test_submission_json_is_json_that_a_person_can_read(office):
    office.submit("2019-0001")
    pull(office)
    kept = json.loads((folder(office) / "submission.json").read_text(encoding="utf-8"))
    assert kept["draft"]["answers"]["title"] == "一网统管的城市运行平台"


@needs("dynamodb-local")
def test_a_stage_is_pulled_and_screened_as_this_machine_is(tmp_path, monkeypatch):
    for name, value in ministack.KEYS.items():
        monkeypatch.setenv(name, value)
    client, bucket = s3_uploads.connect(ministack.running().endpoint), f"uploads-{uuid4()}"
    client.create_bucket(Bucket=bucket)
    uploads = s3_uploads.S3Uploads(client, bucket)
    place = Submitted(Account().submissions(), uploads, " --stage dev", "dev")
    office = Office(tmp_path, place=place, posting=There(uploads, monkeypatch))
    draft = office.submit("2019-0001")
    assert (pull(office).files, pull(office).files) == (len(draft.files), 0)
    (one,) = office.pull()
    assert one.broken == {}
    deciding.decide(office.desk(), one, Outcome.PASS, "")
    assert office.state("2019-0001") == "passed"
    uploads.drop(draft.key("f0"))
    one.file_of(draft.files[0].digest).unlink()
    pull(office)
    assert set(pulled.read(one.folder).broken) == {"f0"}
