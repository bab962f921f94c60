"""Disk: named kinds in one SQLite file, each row with its SHA-256.

    resources   namespace, type, id, body (JSON: metadata and spec), digest
    quarantine  the same and why; what is here is never read again, only shown

WAL with synchronous=FULL: a commit that returned has been synced. A row whose digest or shape is
wrong goes to quarantine; a file SQLite cannot read is set aside as `<name>.damaged`. Both are
reported in `damage` and logged: the caller decides whether the machine may go on without.
Rows of kinds not named are left as they are, for the version that knows them.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from ichor.cosi.resource import Key, Kind, Metadata, Resource, Spec
from ichor.cosi.state import AnyResource
from ichor.log import fields, logger

log = logger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  namespace TEXT, type TEXT, id TEXT, body BLOB NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY (namespace, type, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
  namespace TEXT, type TEXT, id TEXT, body BLOB, digest BLOB, reason TEXT NOT NULL);
"""
_SAVE = "INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?)"
_SET_ASIDE = "INSERT INTO quarantine SELECT *, ? FROM resources WHERE {}"
_WHERE = "namespace = ? AND type = ? AND id = ?"
Row = tuple[object, object, object, object, object]


class Damage(Struct, frozen=True):
    """What could not be used; the key is None when it is the whole file."""

    key: Key | None
    reason: str


class _Body(Struct, frozen=True):
    metadata: Metadata
    spec: msgspec.Raw


class Disk:
    def __init__(self, path: Path, specs: Mapping[Kind, type[Spec]]) -> None:
        self._path = path
        self._specs = specs
        self.damage: list[Damage] = []
        try:
            self._rows = self._open()
        except sqlite3.DatabaseError as err:
            if isinstance(err, sqlite3.OperationalError):
                raise  # cannot open, locked, read-only: no damage
            self._set_file_aside(str(err))
            self._rows = self._open()

    def close(self) -> None:
        self._rows.close()

    def keeps(self, kind: Kind) -> bool:
        return kind in self._specs

    def load(self) -> Sequence[AnyResource]:
        return list(self._load())

    def save(self, resource: AnyResource) -> None:
        body = msgspec.json.encode(
            _Body(resource.metadata, msgspec.Raw(msgspec.json.encode(resource.spec)))
        )
        key = resource.key
        with self._rows:
            self._rows.execute(_SAVE, (*key, body, digest(key, body)))

    def remove(self, key: Key) -> None:
        with self._rows:
            self._rows.execute(f"DELETE FROM resources WHERE {_WHERE}", key)  # noqa: S608

    def quarantined(self) -> Sequence[Damage]:
        """All that was ever set aside in this file."""
        rows = self._rows.execute("SELECT namespace, type, id, reason FROM quarantine")
        return [Damage(Key(*row[:3]), row[3]) for row in rows]

    def _open(self) -> sqlite3.Connection:
        # It holds the keys of the machine; SQLite gives its other files the mode of this one.
        self._path.touch(mode=0o600)
        self._path.chmod(0o600)
        rows = sqlite3.connect(self._path)
        try:
            rows.execute("PRAGMA journal_mode=WAL")
            rows.execute("PRAGMA synchronous=FULL")
            rows.executescript(_SCHEMA)
            problem = rows.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise sqlite3.DatabaseError(problem)
        except BaseException:
            rows.close()
            raise
        return rows

    def _load(self) -> Iterator[AnyResource]:
        rows: list[Row] = self._rows.execute("SELECT * FROM resources").fetchall()
        for row in rows:
            key = Key(str(row[0]), str(row[1]), str(row[2]))
            spec = self._specs.get(key.kind)
            if spec is None:
                continue
            try:
                yield _decode(key, spec, row[3], row[4])
            except (ValueError, msgspec.MsgspecError) as err:
                self._quarantine(key, str(err))

    def _quarantine(self, key: Key, reason: str) -> None:
        with self._rows:
            self._rows.execute(_SET_ASIDE.format(_WHERE), (reason, *key))
            self._rows.execute(f"DELETE FROM resources WHERE {_WHERE}", key)  # noqa: S608
        self._report(Damage(key, reason))

    def _set_file_aside(self, reason: str) -> None:
        self._path.rename(self._path.with_name(f"{self._path.name}.damaged"))
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._report(Damage(None, reason))

    def _report(self, damage: Damage) -> None:
        self.damage.append(damage)
        log.error(
            "stored state is damaged",
            extra=fields(file=self._path.name, resource=damage.key, reason=damage.reason),
        )


def digest(key: Key, body: bytes) -> bytes:
    """SHA-256 over the row; NUL parts the names, which cannot contain it."""
    return hashlib.sha256("\0".join(key).encode() + b"\0" + body).digest()


def _decode(key: Key, spec: type[Spec], body: object, stored: object) -> AnyResource:
    """Raises: ValueError when the row is not what was written."""
    if not isinstance(body, bytes) or stored != digest(key, body):
        raise ValueError("the digest does not match")
    row = msgspec.json.decode(body, type=_Body)
    if row.metadata.key != key:
        raise ValueError(f"the row of {key} holds {row.metadata.key}")
    return Resource(metadata=row.metadata, spec=msgspec.json.decode(row.spec, type=spec))
