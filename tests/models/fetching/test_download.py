"""Downloads over real connections: whatever the server does, a file is complete and right, or it is not there."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import socket
from pathlib import Path

import pytest

from models.errors import ModelError, OutputError
from models.fetching.download import Patience, RemoteFile, download
from tests.models.fetching.mirror import Mirror

HASTE = Patience(timeout=0.5, pauses=(0.0, 0.01))


class Download:
    """The file of a mirror, and where it goes."""

    def __init__(self, mirror: Mirror, folder: Path) -> None:
        self.mirror, self.path = mirror, folder / "kept" / "net.onnx"
        self.part = self.path.with_name("net.onnx.part")
        self.seen: list[int] = []

    def run(self, address: str | None = None) -> None:
        content = self.mirror.content
        digest = hashlib.sha256(content).hexdigest()
        remote = RemoteFile(address or f"{self.mirror.address}/net.onnx", len(content), digest)
        download(remote, self.path, self.seen.append, HASTE)

    def begin(self, part: bytes) -> None:
        self.part.parent.mkdir()
        self.part.write_bytes(part)

    def assert_complete(self) -> None:
        assert self.path.read_bytes() == self.mirror.content
        assert [*self.path.parent.iterdir()] == [self.path]

    def assert_refused(self, words: str, kind: type[Exception] = ModelError) -> None:
        with pytest.raises(kind, match=words) as caught:
            self.run()
        assert len(str(caught.value).splitlines()) == 1
        assert not self.path.exists()


@pytest.fixture
def file(mirror: Mirror, tmp_path: Path) -> Download:
    return Download(mirror, tmp_path)


def test_a_file_comes_with_its_progress(file: Download) -> None:
    file.run()
    file.assert_complete()
    assert file.seen == sorted(file.seen)
    assert file.seen[-1] == len(file.mirror.content)


@pytest.mark.parametrize(
    "moods",
    [
        ["slow"],
        ["cut", "cut", "cut", "well"],
        ["500", "503", "well"],
        ["429", "well"],
        ["silent", "well"],
        ["hang", "well"],
        ["cut", "whole"],
        ["cut", "elsewhere", "well"],
        ["to HERE/moved/net.onnx", "well"],
        ["cut", "to HERE/moved/net.onnx", "well"],
    ],
    ids=" ".join,
)
def test_faults_that_pass_are_waited_for(file: Download, moods: list[str]) -> None:
    file.mirror.moods = moods
    file.run()
    file.assert_complete()


def test_a_cut_transfer_goes_on_where_it_ended(file: Download) -> None:
    file.mirror.moods = ["cut"]
    file.run()
    half = len(file.mirror.content) // 2
    assert file.mirror.ranges == [None, f"bytes={half}-"]


@pytest.mark.parametrize(
    ("moods", "words"),
    [
        (["404"], r"/net\.onnx answers 404 Not Found; .* --model FILE$"),
        (["403"], "answers 403 Forbidden"),
        (["wrong"], "is another file: its SHA-256 is .*, expected .*; it was not kept"),
        (["short"], r"is another file: it has [\d,]+ bytes \(application/octet-stream\), expected [\d,]+;"),
        (["login"], r"is another file: it has 19 bytes \(text/html\)"),
        (["endless"], "is another file: it has more than"),
        (["500"] * 3, "cannot be read: it answers 500 Internal Server Error; 0.0 of 0.0 MB have come; run the same"),
        (["silent"] * 3, "cannot be read: nothing came in time"),
        (["to HERE/net.onnx"] * 20, "redirects in a loop"),
        (["to file:///etc/hostname"], "redirects in a loop, or to what is no web address"),
        (["to ftp://127.0.0.1/net.onnx"], "redirects to ftp address; expected http or https"),
        (["to http://nowhere.invalid/net.onnx"], "cannot find nowhere.invalid"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_other_faults_are_one_line_and_leave_nothing(file: Download, moods: list[str], words: str) -> None:
    file.mirror.moods = moods
    file.assert_refused(words)
    assert not file.part.exists()


def test_what_has_come_is_kept_for_the_next_time(file: Download) -> None:
    file.mirror.moods = ["cut", "500", "500", "500"]
    file.assert_refused("cannot be read: .*; run the same command again to go on")
    half = file.part.stat().st_size
    assert half == len(file.mirror.content) // 2
    file.run()
    file.assert_complete()
    assert file.mirror.ranges[-1] == f"bytes={half}-"


def test_without_a_connection_one_line_says_what_to_do(file: Download) -> None:
    with socket.socket() as closed:  # bound, but nobody listens
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(ModelError, match=r"cannot connect to 127.0.0.1 \(Connection refused\); .*--model FILE$"):
            file.run(f"http://127.0.0.1:{port}/net.onnx")
    with pytest.raises(ModelError, match=r"cannot find nowhere\.invalid \(.*\); check the connection"):
        file.run("http://nowhere.invalid/net.onnx")


def test_only_web_addresses_are_read(file: Download, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(file.mirror.content)
    with pytest.raises(ModelError, match="is not an address"):
        file.run((tmp_path / "net.onnx").as_uri())


@pytest.mark.parametrize(
    ("name", "requests"), [("half", 1), ("whole", 0), ("too long", 1), ("of another file", 2), ("empty", 1)]
)
def test_a_part_of_an_earlier_time(file: Download, name: str, requests: int) -> None:
    content = file.mirror.content
    parts = {
        "half": content[: len(content) // 2],
        "whole": content,
        "too long": content + b"more",
        "of another file": b"?" * 1000,
        "empty": b"",
    }
    file.begin(parts[name])
    file.run()
    file.assert_complete()
    assert len(file.mirror.ranges) == requests


def test_a_server_that_has_less_than_the_part(file: Download) -> None:
    file.begin(file.mirror.content[:-1])
    file.mirror.moods = ["416"]
    file.assert_refused("is another file: it is shorter than expected")


def test_a_full_disk_is_one_line_and_goes_on_later(file: Download) -> None:
    """The kernel refuses to write more than half of the file, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    half = len(file.mirror.content) // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (half, before[1]))
    try:
        file.assert_refused(r"cannot write .*net\.onnx: .*; free some space .* run the same command", OutputError)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert 0 < file.part.stat().st_size <= half
    file.run()
    file.assert_complete()


def test_space_is_looked_for_before_anything_is_sent(file: Download, tmp_path: Path) -> None:
    too_large = shutil.disk_usage(tmp_path).free * 2
    remote = RemoteFile(f"{file.mirror.address}/net.onnx", too_large, "")
    with pytest.raises(OutputError, match=r"MB are free, but .* MB are still to come"):
        download(remote, file.path, file.seen.append, HASTE)
    assert file.mirror.ranges == []


def test_a_folder_that_cannot_be_made_is_one_line(file: Download) -> None:
    file.path.parent.write_text("a file where a folder is expected")
    with pytest.raises(OutputError, match=r"cannot write .*net\.onnx: .*XDG_CACHE_HOME"):
        file.run()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_folder_of_somebody_else_is_one_line(file: Download) -> None:
    file.path.parent.mkdir(mode=0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(OutputError, match=r"cannot write .*: Permission denied; .*XDG_CACHE_HOME"):
            file.run()
    finally:
        os.seteuid(0)


def test_a_proxy_of_the_environment_is_used(file: Download, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", file.mirror.address)
    file.run("http://zoo.invalid/net.onnx")
    file.assert_complete()
    assert file.mirror.paths == ["http://zoo.invalid/net.onnx"]
