"""The files of a draft: a link for each, a look at what came, and removing it.

Knows the order of the questions; where files lie is for uploads.py, what they are for looking.py. A link is for exactly
the size and type that were asked for, so that a stolen one is good for nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from awards.formmodel import Form, FormField
from awards.uploads import MEGABYTE, TYPES, file_name
from chalicelib import tokens
from chalicelib.drafts import Draft, File
from chalicelib.entries import Asked, Entries, body_of, marked
from chalicelib.entry_refused import bad_file, malformed, refused
from chalicelib.incoming import Incoming
from chalicelib.looking import Looked
from chalicelib.turns import Turns
from chalicelib.uploads import Uploads

AT_ONCE = 8  # files being looked at: each may hold a thread of the server for fifteen seconds
FILES = 100  # in one draft, those that were begun included
GONE = ("没有收到这个文件，请重新上传。", "it did not arrive. Please upload it again.")
SIZE = ("大小与所选文件不符，请重新上传。", "it has not the size of the file that was chosen. Please upload it again.")
Look = Callable[[Path, str], Looked]  # a file, its type -> what it is


class Attaching:
    """Linking, looking, removing."""

    def __init__(self, entries: Entries, uploads: Callable[[], Uploads], look: Look) -> None:
        self._entries = entries
        self._made = uploads
        self._look = look
        self._turns = Turns("looking at files", AT_ONCE)

    @cached_property
    def _uploads(self) -> Uploads:
        """Where files lie: connected when a file is first asked for."""
        return self._made()

    def link(self, edition: str, draft: str, request: Incoming) -> dict[str, object]:
        """A link to upload one file."""
        asked = self._entries.asked(edition, draft, request)
        said = body_of(request)
        asked.check_open()
        file = _file_of(asked.call.edition.form, said)
        self._entries.quotas.link(edition, draft, asked.now)

        def change(found: Draft) -> Draft:
            Asked(asked.call, found, asked.now).check_open()
            if len(found.files) >= FILES:
                raise malformed("field", f"文件不能超过{FILES}个，请先删除不用的。", f"At most {FILES} files.")
            return marked(found, asked.now, files=(*found.files, file))

        after = self._entries.changed(asked, change)
        link = self._uploads.link(after.key(file.file), file.type, file.size, file.size)
        return {"file": file.file, "url": link.url, "fields": dict(link.fields)}

    def done(self, edition: str, draft: str, file: str, request: Incoming) -> dict[str, object]:
        """Look at what was uploaded, and keep it or remove it."""
        asked = self._entries.asked(edition, draft, request)
        body_of(request)
        asked.check_open()
        known = _known(asked.draft, file)
        if not known.done:
            with self._turns.turn():
                digest = self._looked(asked.draft.key(file), known)
            known = replace(known, digest=digest, done=True)
            self._entries.changed(asked, lambda found: _with(asked, found, known))
        told = asdict(known)
        return {name: told[name] for name in ("file", "name", "type", "size", "digest")}

    def remove(self, edition: str, draft: str, file: str, request: Incoming) -> None:
        """Remove a file; one that is not there is removed already."""
        asked = self._entries.asked(edition, draft, request)
        asked.check_open()

        def change(found: Draft) -> Draft:
            Asked(asked.call, found, asked.now).check_open()
            left = tuple(each for each in found.files if each.file != file)
            return found if left == found.files else marked(found, asked.now, files=left)

        if asked.draft.file(file):
            self._entries.changed(asked, change)
            self._uploads.drop(asked.draft.key(file))

    def _looked(self, key: str, file: File) -> str:
        """The digest of a file that is what it claims; what is not is removed, and RefusedError says why."""
        size = self._uploads.take(key)
        if size is None:
            raise bad_file(*GONE)
        found = Looked("size", zh=SIZE[0], en=SIZE[1])
        if size == file.size:
            with self._uploads.local(key) as path:
                found = self._look(path, file.type)
        if not found.fine:
            self._uploads.drop(key)
            raise bad_file(found.zh, found.en)
        return found.digest


def _file_of(form: Form, said: Mapping[str, Any]) -> File:
    """The file that a page wants to upload. Raises RefusedError where the form does not take it."""
    name, kind, size = said.get("name"), said.get("type"), said.get("size")
    field = form.find(str(said.get("field")))
    if field is None or not field.kind.uploaded:
        raise malformed("field", "申报表没有这个上传栏目。", "The form has no such field for files.")
    if not isinstance(name, str) or not name:
        raise malformed("name", "缺少文件名。", "The name of the file is missing.")
    if not isinstance(kind, str) or kind not in {TYPES[accepted] for accepted in field.accepts}:
        allowed = ", ".join(field.accepts)
        raise malformed(
            "type", f"不接受这种文件，可以上传：{allowed}。", f"This kind is not taken; allowed: {allowed}."
        )
    _check_size(field, size)
    return File(tokens.new_id(), field.key, file_name(name), kind, int(str(size)))


def _check_size(field: FormField, size: object) -> None:
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise malformed("size", "文件是空的。", "The file is empty.")
    if size > field.megabytes * MEGABYTE:
        zh, en = f"文件太大，请不超过{field.megabytes}兆字节。", f"The file is larger than {field.megabytes} MB."
        raise malformed("size", zh, en)


def _known(draft: Draft, file: str) -> File:
    known = draft.file(file)
    if known is None:
        raise refused("no_such_file")
    return known


def _with(asked: Asked, found: Draft, file: File) -> Draft:
    """The draft, whose file was looked at."""
    Asked(asked.call, found, asked.now).check_open()
    _known(found, file.file)
    files = tuple(file if each.file == file.file else each for each in found.files)
    return marked(found, asked.now, files=files)
