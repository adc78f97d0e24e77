"""Blobs under keys, on disk or in S3. Every call blocks: under gevent, call from a thread pool.

Keys are folders and names of `a-z 0-9 . _ -`, such as `photos/3f9c…/640.webp`; a part never begins with a dot. Every
method raises ValueError for any other key. A prefix is a folder, with or without a slash at its end: `photos/3f`
doesn't reach into `photos/3f9c`.

obstore works with threads that don't outlive a fork: make and use S3 storage in the process that needs it.
"""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore import Attributes  # a name for the type checker only

CHUNK = 64 * 1024
PART = 5 * 1024 * 1024  # of a multipart upload; the least that S3 allows
RANGE = 1024 * 1024  # of one request while streaming, so that no slow reader keeps a connection to S3 waiting

_FULL = (errno.ENOSPC, errno.EDQUOT)
_KEY = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,199}(/[a-z0-9_-][a-z0-9._-]{0,199}){0,9}")


class NotFound(Exception):
    """Nothing is stored under the key."""


class StorageFull(Exception):
    """The disk, or the quota on it, is full; nothing was stored."""


class Storage(Protocol):
    def put(self, key: str, data: bytes | BinaryIO, mime: str) -> int:
        """Store all of `data` from where it stands, or nothing; answers with the bytes written. Raises StorageFull."""

    def open(self, key: str) -> BinaryIO:
        """Raises NotFound."""

    def get(self, key: str) -> bytes:
        """Raises NotFound."""

    def stream(self, key: str) -> tuple[int, Iterator[bytes]]:
        """Size, and the content in pieces of at most 64 kB. Raises NotFound at once, not at the first piece."""

    def delete(self, key: str) -> None:
        """Twice is as good as once."""

    def delete_all(self, prefix: str) -> int:
        """Delete a folder; answers with the number of blobs. The empty prefix, which is the whole site, is refused."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key in a folder, in no order; nothing that is still being written."""

    def changed_at(self, key: str) -> datetime:
        """When it was stored, in UTC; now when it has gone meanwhile."""

    def delete_unfinished(self) -> int:
        """Delete what writers left that were killed a day ago or earlier; answers with the number of files."""

    def answers(self) -> bool:
        """Whether the store can be written and read just now; for /readyz, so it gives up soon and never raises."""


def storage_from(url: str, credentials: Mapping[str, str] | None = None) -> Storage:
    """The storage at `file:///folder` or `s3://bucket/prefix?region=…&endpoint=…`.

    `credentials` are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; without them obstore finds its
    own (environment, then the machine's role). Raises ValueError with a sentence for any other URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return DiskStorage(Path(unquote(parts.path)))
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "s3" and parts.netloc and not options.keys() - {"region", "endpoint"}:
        return S3Storage(parts.netloc, parts.path.strip("/"), credentials=credentials or {}, **options)
    raise ValueError("Storage is file:///absolute/folder or s3://bucket/prefix?region=…&endpoint=…")


class DiskStorage:
    """Files in a folder. A name appears when its content is complete and on the disk, not before."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes | BinaryIO, mime: str) -> int:
        path = self._path(key)
        unfinished = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with _full_disk_named(), self._created(unfinished) as file:
                shutil.copyfileobj(BytesIO(data) if isinstance(data, bytes) else data, file, CHUNK)
                written = file.tell()
                file.flush()
                os.fsync(file.fileno())
                unfinished.rename(path)
                _sync_folder(path.parent)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        return written

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFound(key) from error

    def get(self, key: str) -> bytes:
        with self.open(key) as file:
            return file.read()

    def stream(self, key: str) -> tuple[int, Iterator[bytes]]:
        file = self.open(key)

        def pieces() -> Iterator[bytes]:
            with file:
                while piece := file.read(CHUNK):
                    yield piece

        return os.fstat(file.fileno()).st_size, pieces()

    def delete(self, key: str) -> None:
        path = self._path(key)
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            path.unlink()
        self._tidy(path.parent)

    def delete_all(self, prefix: str) -> int:
        keys = list(self.keys(_folder(prefix)))
        for key in keys:
            self.delete(key)
        return len(keys)

    def keys(self, prefix: str = "") -> Iterator[str]:
        start = self._path(prefix.rstrip("/")) if prefix else self.root
        for folder, folders, names in os.walk(start):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if not name.startswith("."):
                    yield Path(folder, name).relative_to(self.root).as_posix()

    def delete_unfinished(self, older_than: timedelta = timedelta(days=1)) -> int:
        """Delete what writers left that were killed; answers with the number of files."""
        left = [path for path in self.root.rglob(".*.part") if _age(path) > older_than.total_seconds()]
        for path in left:
            path.unlink(missing_ok=True)
            self._tidy(path.parent)
        return len(left)

    def changed_at(self, key: str) -> datetime:
        return datetime.fromtimestamp(time.time() - _age(self._path(key)), UTC)

    def answers(self) -> bool:
        probe = self.root / f".{secrets.token_hex(8)}.part"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"answers")
            return probe.read_bytes() == b"answers"
        except OSError:
            return False
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.root / _checked(key)

    def _created(self, path: Path) -> BinaryIO:
        """A new file, and the folders to it; tried again where `_tidy` took an empty folder in between."""
        for _ in range(100):
            with suppress(FileNotFoundError):
                self._make_folder(path.parent)
                return path.open("xb")
        raise FileNotFoundError(errno.ENOENT, "The folder can't be kept", str(path.parent))

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        with suppress(FileExistsError):  # exist_ok raises it too, for a folder gone at mkdir's second look
            folder.mkdir()
        _sync_folder(folder.parent)

    def _tidy(self, folder: Path) -> None:
        """Remove folders that have become empty, upwards."""
        with suppress(OSError):
            while folder != self.root:
                folder.rmdir()
                folder = folder.parent


class S3Storage:
    """Objects in a bucket, under a prefix. An object appears when its upload is complete."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        region: str = "us-east-1",
        endpoint: str = "",
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        config = {"region": region} | {name.lower(): value for name, value in (credentials or {}).items() if value}
        if endpoint:
            config["endpoint"] = endpoint

        def store(timeout: timedelta, retries: int) -> S3Store:
            return S3Store(
                bucket,
                prefix=prefix or None,
                config=config,  # type: ignore[arg-type]  # a TypedDict of the same names
                client_options={
                    "connect_timeout": timedelta(seconds=3),
                    "timeout": timeout,
                    "allow_http": endpoint.startswith("http://"),
                },
                retry_config={  # waits grow from 0.1 to 2 s, with jitter
                    "max_retries": retries,
                    "retry_timeout": timedelta(seconds=30),
                    "backoff": {
                        "init_backoff": timedelta(milliseconds=100),
                        "max_backoff": timedelta(seconds=2),
                        "base": 2,
                    },
                },
            )

        self.store = store(timedelta(seconds=30), retries=5)
        self.impatient = store(timedelta(seconds=2), retries=0)

    def put(self, key: str, data: bytes | BinaryIO, mime: str) -> int:
        attributes: Attributes = {"Content-Type": mime}
        pieces = iter([data]) if isinstance(data, bytes) else _parts(data)
        first = next(pieces, b"")
        if isinstance(data, bytes) or len(first) < PART:
            obstore.put(self.store, _checked(key), first, attributes=attributes)
            return len(first)
        written = 0

        def counted() -> Iterator[bytes]:
            nonlocal written
            for piece in chain([first], pieces):
                written += len(piece)
                yield piece

        obstore.put(self.store, _checked(key), counted(), attributes=attributes, chunk_size=PART, max_concurrency=2)
        return written

    def open(self, key: str) -> BinaryIO:
        return BytesIO(self.get(key))

    def get(self, key: str) -> bytes:
        with _missing_named(key):
            return bytes(obstore.get(self.store, _checked(key)).bytes())

    def stream(self, key: str) -> tuple[int, Iterator[bytes]]:
        with _missing_named(key):
            size = obstore.head(self.store, _checked(key))["size"]

        def pieces() -> Iterator[bytes]:
            for start in range(0, size, RANGE):
                block = memoryview(obstore.get_range(self.store, key, start=start, end=min(size, start + RANGE)))
                for at in range(0, len(block), CHUNK):
                    yield bytes(block[at : at + CHUNK])

        return size, pieces()

    def delete(self, key: str) -> None:
        with suppress(NotFoundError):  # S3 says nothing of what is gone already, some of its kin do
            obstore.delete(self.store, _checked(key))

    def delete_all(self, prefix: str) -> int:
        keys = list(self.keys(_folder(prefix)))
        if keys:
            obstore.delete(self.store, keys)
        return len(keys)

    def keys(self, prefix: str = "") -> Iterator[str]:
        for page in obstore.list(self.store, _checked(prefix.rstrip("/")) if prefix else None):
            for entry in page:
                if not entry["path"].startswith("."):
                    yield entry["path"]

    def changed_at(self, key: str) -> datetime:
        try:
            return obstore.head(self.store, _checked(key))["last_modified"]
        except (NotFoundError, FileNotFoundError):
            return datetime.now(UTC)

    def delete_unfinished(self) -> int:
        return 0  # an upload that was never completed is no object; a bucket's own rule lets go of its parts

    def answers(self) -> bool:
        try:
            obstore.put(self.impatient, ".answers", b"answers")
            return bytes(obstore.get(self.impatient, ".answers").bytes()) == b"answers"
        except (BaseError, OSError):
            return False


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key) or ".." in key:
        raise ValueError(f"{key!r} is no key of a blob")
    return key


def _parts(file: BinaryIO) -> Iterator[bytes]:
    """The rest of a file in pieces of PART bytes, the last one shorter."""
    part = bytearray()
    while piece := file.read(PART - len(part)):
        part += piece
        if len(part) == PART:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


def _folder(prefix: str) -> str:
    return _checked(prefix.rstrip("/"))


@contextmanager
def _missing_named(key: str) -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise NotFound(key) from error


@contextmanager
def _full_disk_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("The disk for media is full") from error
        raise


def _sync_folder(folder: Path) -> None:
    """A new name is only on the disk when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0
