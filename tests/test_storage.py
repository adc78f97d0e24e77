"""Blobs on disk and in S3: the same promises for both, and what each alone must hold."""

import errno
import os
import socket
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import obstore
import pytest
from moto.server import ThreadedMotoServer

from postways.storage import NotFound, StorageFull, storage_from

SECONDS = timedelta(seconds=5)
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": ""}
BAD_KEYS = [
    "",
    "/",
    "/a",
    "a//b",
    "..",
    "a/../b",
    "../a",
    "a/..",
    ".a",
    "a/.b",
    "A",
    "a b",
    "a\0b",
    "a\nb",
    "ä",
    "a..b",
]


class Breaking(BytesIO):
    """A file that can't be read to its end, like the upload of somebody who goes away."""

    def __init__(self, size: int) -> None:
        super().__init__(os.urandom(size))
        self.breaks_at = size - 1000

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self.breaks_at - 200_000:
            raise ConnectionResetError("the sender went away")
        return super().read(min(size or 0, 100_000))


@pytest.fixture(scope="session")
def bucket():
    """moto's S3, on a free port of this machine."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/media", method="PUT")).close()
    yield f"s3://media/site?region=us-east-1&endpoint=http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(params=["disk", "s3"])
def storage(request, tmp_path):
    """Empty of keys, but for those of other photographs, which no test may touch."""
    if request.param == "disk":
        store = storage_from(f"file://{tmp_path}/media")
    else:
        store = storage_from(
            request.getfixturevalue("bucket").replace("/site?", f"/{tmp_path.name.lower()}?"), CREDENTIALS
        )
    store.put("photos/other/640.webp", b"somebody else's", "image/webp")
    yield store
    assert store.get("photos/other/640.webp") == b"somebody else's"


class TestBothStores:
    def test_give_back_what_was_put(self, storage):
        assert storage.put("photos/3f9c/640.webp", b"picture", "image/webp") == 7

        assert storage.get("photos/3f9c/640.webp") == b"picture"
        with storage.open("photos/3f9c/640.webp") as file:
            assert file.read(3) == b"pic"
            file.seek(0)
            assert file.read() == b"picture"

    @pytest.mark.parametrize("size", [0, 1, 65_536, 100_000, 5 * 1024 * 1024, 6_000_001])
    def test_take_files_of_any_size(self, storage, size):
        content = os.urandom(size)

        assert storage.put("originals/a", BytesIO(content), "image/jpeg") == size
        assert storage.get("originals/a") == content

    def test_take_a_file_from_where_it_stands(self, storage):
        file = BytesIO(b"header and body")
        file.seek(11)

        assert storage.put("a", file, "image/jpeg") == 4
        assert storage.get("a") == b"body"

    def test_take_a_file_that_reads_in_small_pieces(self, storage):
        class Dripping(BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                return super().read(min(size or 0, 7))

        assert storage.put("a", Dripping(b"x" * 1000), "image/jpeg") == 1000
        assert storage.get("a") == b"x" * 1000

    @pytest.mark.parametrize("size", [0, 10, 65_536, 3_000_001])
    def test_stream_in_pieces_of_64_kilobytes_with_the_size_first(self, storage, size):
        content = os.urandom(size)
        storage.put("a", content, "image/jpeg")

        told, pieces = storage.stream("a")
        got = list(pieces)

        assert told == size
        assert b"".join(got) == content
        assert all(0 < len(piece) <= 65_536 for piece in got)
        assert all(isinstance(piece, bytes) for piece in got)

    def test_replace_what_was_there(self, storage):
        storage.put("a", b"first, and longer", "image/jpeg")
        storage.put("a", b"second", "image/jpeg")

        assert storage.get("a") == b"second"
        assert sorted(storage.keys()) == ["a", "photos/other/640.webp"]

    @pytest.mark.parametrize("ask", ["open", "get", "stream"])
    @pytest.mark.parametrize("key", ["nothing", "photos/other", "photos/other/640.webp/more"])
    def test_say_at_once_that_nothing_is_there(self, storage, ask, key):
        with pytest.raises(NotFound):
            getattr(storage, ask)(key)

    def test_delete_twice_as_well_as_once(self, storage):
        storage.put("photos/3f9c/640.webp", b"picture", "image/webp")

        storage.delete("photos/3f9c/640.webp")
        storage.delete("photos/3f9c/640.webp")

        with pytest.raises(NotFound):
            storage.get("photos/3f9c/640.webp")

    @pytest.mark.parametrize("prefix", ["photos/3f", "photos/3f/"])
    def test_delete_a_folder_and_not_its_neighbours(self, storage, prefix):
        for key in ("photos/3f/640.webp", "photos/3f/deep/er.jpg", "photos/3f9c/640.webp", "photos/3f.jpg"):
            storage.put(key, b"picture", "image/webp")

        assert storage.delete_all(prefix) == 2
        assert storage.delete_all(prefix) == 0
        assert sorted(storage.keys()) == ["photos/3f.jpg", "photos/3f9c/640.webp", "photos/other/640.webp"]

    @pytest.mark.parametrize("prefix", ["", "/"])
    def test_never_delete_the_whole_site(self, storage, prefix):
        with pytest.raises(ValueError, match="no key"):
            storage.delete_all(prefix)

    def test_list_the_keys_of_a_folder(self, storage):
        for key in ("photos/3f/640.webp", "photos/3f/320.webp", "photos/3f9c/640.webp", "avatars/1"):
            storage.put(key, b"picture", "image/webp")

        assert sorted(storage.keys("photos/3f")) == ["photos/3f/320.webp", "photos/3f/640.webp"]
        assert sorted(storage.keys("photos/3f/")) == ["photos/3f/320.webp", "photos/3f/640.webp"]
        assert list(storage.keys("photos/3")) == []
        assert len(list(storage.keys())) == 5

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_refuse_a_key_that_is_none(self, storage, key):
        for ask in (storage.open, storage.get, storage.stream, storage.delete, storage.delete_all):
            with pytest.raises(ValueError, match="no key"):
                ask(key)
        with pytest.raises(ValueError, match="no key"):
            storage.put(key, b"picture", "image/webp")

    @pytest.mark.parametrize("size", [300_000, 12_000_000])
    def test_never_show_what_could_not_be_written_to_its_end(self, storage, size):
        with pytest.raises(ConnectionResetError):
            storage.put("photos/3f9c/640.webp", Breaking(size), "image/webp")

        with pytest.raises(NotFound):
            storage.get("photos/3f9c/640.webp")
        assert list(storage.keys()) == ["photos/other/640.webp"]

    def test_keep_the_old_blob_when_the_new_one_breaks_off(self, storage):
        storage.put("a", b"old", "image/webp")

        with pytest.raises(ConnectionResetError):
            storage.put("a", Breaking(12_000_000), "image/webp")

        assert storage.get("a") == b"old"

    def test_show_nothing_while_it_is_being_written(self, storage):
        seen = []

        class Watched(BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                seen.append(sorted(storage.keys()))
                return super().read(size)

        storage.put("a", Watched(b"x" * 200_000), "image/webp")

        assert {tuple(keys) for keys in seen} == {("photos/other/640.webp",)}

    def test_answer_and_leave_nothing_behind(self, storage):
        assert storage.answers()
        assert list(storage.keys()) == ["photos/other/640.webp"]

    def test_know_when_a_blob_was_stored(self, storage):
        storage.put("a", b"picture", "image/webp")

        assert storage.changed_at("a") == pytest.approx(datetime.now(UTC), abs=SECONDS)

    def test_take_a_blob_that_has_gone_for_a_new_one(self, storage):
        assert storage.changed_at("gone") == pytest.approx(datetime.now(UTC), abs=SECONDS)

    def test_take_the_same_key_from_many_at_once(self, storage):
        contents = [bytes([number]) * 100_000 for number in range(8)]
        writers = [threading.Thread(target=storage.put, args=("a", each, "image/webp")) for each in contents]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

        assert storage.get("a") in contents
        assert sorted(storage.keys()) == ["a", "photos/other/640.webp"]


class TestDisk:
    @pytest.fixture
    def root(self, tmp_path):
        return tmp_path / "media"

    @pytest.fixture
    def disk(self, root):
        return storage_from(f"file://{root}")

    def files(self, root: Path) -> list[str]:
        return [path.name for path in root.rglob("*") if path.is_file()]

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
    @pytest.mark.parametrize("call", ["fsync", "rename"])
    def test_says_that_it_is_full_and_keeps_nothing_of_the_blob(self, disk, root, monkeypatch, number, call):
        def full(*_):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(*((os, "fsync", full) if call == "fsync" else (Path, "rename", full)))

        with pytest.raises(StorageFull):
            disk.put("photos/3f9c/640.webp", b"picture", "image/webp")

        assert self.files(root) == []

    def test_full_for_real_says_so_and_heals(self, disk, root, monkeypatch):
        resource = pytest.importorskip("resource")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        monkeypatch.setattr("postways.storage._FULL", (errno.EFBIG,))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        try:
            with pytest.raises(StorageFull):
                disk.put("a", b"x" * 200_000, "image/webp")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

        assert self.files(root) == []
        assert disk.put("a", b"x" * 200_000, "image/webp") == 200_000

    def test_passes_other_errors_on_and_keeps_nothing_of_the_blob(self, disk, root, monkeypatch):
        def broken(*_):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", broken)

        with pytest.raises(OSError, match="Input/output error"):
            disk.put("a", b"picture", "image/webp")

        assert self.files(root) == []

    def test_brings_content_then_name_to_the_disk(self, disk, root, monkeypatch):
        root.mkdir()
        done = []
        rename, fsync = Path.rename, os.fsync

        def noted_rename(source, target):
            done.append(f"rename to {target.name}")
            return rename(source, target)

        def noted_fsync(descriptor):
            path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
            done.append(f"sync {'content' if path.suffix == '.part' else path.name}")
            return fsync(descriptor)

        monkeypatch.setattr(Path, "rename", noted_rename)
        monkeypatch.setattr(os, "fsync", noted_fsync)

        disk.put("photos/3f9c/640.webp", b"picture", "image/webp")

        assert done == ["sync media", "sync photos", "sync content", "rename to 640.webp", "sync 3f9c"]

    def test_hides_what_killed_writers_left_until_it_is_deleted(self, disk, root):
        disk.put("photos/3f9c/640.webp", b"picture", "image/webp")
        old, young = root / "photos/3f9c/.0123.part", root / "photos/3f9c/.4567.part"
        for path in (old, young):
            path.write_bytes(b"pict")
        os.utime(old, (time.time() - 7200,) * 2)

        assert list(disk.keys()) == ["photos/3f9c/640.webp"]
        assert disk.delete_unfinished(timedelta(hours=1)) == 1
        assert sorted(self.files(root)) == [".4567.part", "640.webp"]

    def test_remembers_when_a_blob_was_stored(self, disk, root):
        disk.put("a", b"picture", "image/webp")
        os.utime(root / "a", (1_700_000_000,) * 2)

        assert disk.changed_at("a") == pytest.approx(datetime.fromtimestamp(1_700_000_000, UTC), abs=SECONDS)

    def test_leaves_no_empty_folder(self, disk, root):
        disk.put("photos/3f9c/640.webp", b"picture", "image/webp")
        disk.put("photos/3f9c/deep/320.webp", b"picture", "image/webp")

        disk.delete_all("photos/3f9c")

        assert list(root.iterdir()) == []

    def test_writes_into_a_folder_that_is_emptied_meanwhile(self, disk):
        errors = []

        def write(name):
            try:
                for _ in range(60):
                    disk.put(f"photos/3f9c/{name}", b"picture", "image/webp")
                    disk.delete(f"photos/3f9c/{name}")
            except OSError as error:
                errors.append(error)

        writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

        assert errors == []

    def test_writes_into_a_folder_that_comes_and_goes_between_two_looks(self, disk, root, monkeypatch):
        folder = root / "photos/3f9c"
        looks = Path.is_dir

        def look(path):
            there = looks(path)
            if path == folder:  # a second writer, who makes the folder or has emptied it right after each look
                folder.rmdir() if there else folder.mkdir(parents=True)
            return there and path != folder

        monkeypatch.setattr(Path, "is_dir", look)
        disk.put("photos/3f9c/320.webp", b"picture", "image/webp")

        assert disk.get("photos/3f9c/320.webp") == b"picture"

    def test_says_so_when_a_file_stands_where_a_folder_should(self, disk):
        disk.put("photos/3f9c", b"picture", "image/webp")

        with pytest.raises(OSError, match="photos/3f9c"):
            disk.put("photos/3f9c/320.webp", b"picture", "image/webp")

        assert disk.get("photos/3f9c") == b"picture"

    def test_does_not_follow_a_key_out_of_its_folder(self, disk, root, tmp_path):
        (tmp_path / "secret").write_text("secret")

        with pytest.raises(ValueError, match="no key"):
            disk.get("../secret")

    def test_does_not_answer_when_it_can_not_be_written(self, tmp_path):
        (tmp_path / "media").write_text("a file where the folder should be")

        assert not storage_from(f"file://{tmp_path}/media").answers()

    def test_takes_a_folder_with_a_space_in_its_name(self, tmp_path):
        storage_from(f"file://{tmp_path}/my%20media").put("a", b"picture", "image/webp")

        assert (tmp_path / "my media" / "a").read_bytes() == b"picture"


class TestS3:
    def test_keeps_the_type_of_the_picture(self, bucket):
        store = storage_from(bucket, CREDENTIALS)
        store.put("typed", b"picture", "image/webp")

        assert obstore.get(store.store, "typed").attributes["Content-Type"] == "image/webp"

    def test_keeps_to_its_prefix(self, bucket):
        here, there = (storage_from(bucket.replace("/site?", f"/{name}?"), CREDENTIALS) for name in ("here", "there"))
        here.put("a", b"here", "image/webp")

        with pytest.raises(NotFound):
            there.get("a")
        assert list(there.keys()) == []

    def test_needs_no_prefix(self, bucket):
        store = storage_from(bucket.replace("/site?", "?"), CREDENTIALS)
        store.put("photos/3f9c/640.webp", b"picture", "image/webp")

        assert "photos/3f9c/640.webp" in set(store.keys())

    def test_gives_up_soon_when_the_other_side_is_silent(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
            began = time.monotonic()

            assert not storage_from(f"s3://media?endpoint={endpoint}", CREDENTIALS).answers()
            assert time.monotonic() - began < 4

    def test_does_not_answer_without_its_bucket(self, bucket):
        assert not storage_from(bucket.replace("s3://media", "s3://nowhere"), CREDENTIALS).answers()


class TestStorageFrom:
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "var/media",
            "file://media",
            "file:media",
            "s3:///prefix",
            "s3://media?key=1",
            "https://example.org/media",
        ],
    )
    def test_refuses_other_urls_in_a_sentence(self, url):
        with pytest.raises(ValueError, match="Storage is file:///absolute/folder or s3://bucket/prefix"):
            storage_from(url)
