"""What the gateway remembers, in one SQLite file: texts, opt-outs, and errands still to run."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Container, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from messaging.gateway.errand import Errand, ErrandKind
from messaging.gateway.message import Direction, Message, Status
from messaging.gateway.settings import Credentials

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sid TEXT NOT NULL UNIQUE,
    direction TEXT NOT NULL,
    from_ TEXT,
    "to" TEXT NOT NULL,
    phone TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    segments INTEGER NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    sent_at REAL,
    error_code INTEGER,
    media TEXT NOT NULL,
    messaging_service_sid TEXT,
    status_callback TEXT,
    valid_until REAL,
    path TEXT NOT NULL,
    fate_code INTEGER
);
CREATE INDEX IF NOT EXISTS message_of_phone ON message (phone, seq);
CREATE TABLE IF NOT EXISTS opt_out (
    phone TEXT NOT NULL, sender TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (phone, sender)
);
CREATE TABLE IF NOT EXISTS errand (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    sid TEXT NOT NULL,
    due_at REAL NOT NULL,
    status TEXT,
    error_code INTEGER,
    opt_out_type TEXT,
    attempt INTEGER NOT NULL,
    token TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS errand_due ON errand (due_at, id);
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sender TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS account (account_sid TEXT PRIMARY KEY, auth_token TEXT NOT NULL);
"""
_INSTANTS: Final = ("created_at", "updated_at", "sent_at", "valid_until")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which texts a listing wants. `before` and `after` are positions in the order of creation."""

    to: str | None = None
    from_: str | None = None
    sent_from: datetime | None = None
    sent_until: datetime | None = None
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that the mail server took."""

    sender: str
    recipient: str
    subject: str
    body: str
    at: datetime


class State:
    """The gateway's memory. Every method is one short transaction; use it from one thread."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # it holds texts and a token
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=wal")
        self._db.execute("PRAGMA synchronous=normal")
        self._db.executescript(_SCHEMA)
        self.changes = 0

    def close(self) -> None:
        self._db.close()

    def credentials(self) -> Credentials | None:
        """The account of an earlier run, so that its clients stay valid."""
        row = self._db.execute("SELECT account_sid, auth_token FROM account").fetchone()
        return Credentials(row["account_sid"], row["auth_token"]) if row else None

    def keep_credentials(self, credentials: Credentials) -> None:
        with self._transaction():
            self._db.execute("DELETE FROM account")
            self._db.execute(
                "INSERT INTO account VALUES (?, ?)", (credentials.account_sid, credentials.auth_token)
            )

    # -- texts ------------------------------------------------------------------------------------

    def add(self, message: Message, errands: Iterable[Errand] = ()) -> None:
        """Keep a new text together with what is to follow."""
        row = _to_row(message)
        columns = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        with self._transaction():
            self._db.execute(f"INSERT INTO message ({columns}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
            self._add_errands(errands)

    def update(
        self, message: Message, errands: Iterable[Errand] = (), *, finished: Errand | None = None
    ) -> None:
        """Replace a text together with what is to follow, and strike off the errand that moved it."""
        row = _to_row(message)
        assignments = ", ".join(f'"{name}" = ?' for name in row)
        with self._transaction():
            self._db.execute(
                f"UPDATE message SET {assignments} WHERE sid = ?",  # noqa: S608
                (*row.values(), message.sid),
            )
            self._add_errands(errands)
            if finished is not None:
                self.done(finished)

    def get(self, sid: str) -> Message | None:
        row = self._db.execute("SELECT * FROM message WHERE sid = ?", (sid,)).fetchone()
        return _to_message(row) if row else None

    def delete(self, sid: str) -> None:
        with self._transaction():
            self._db.execute("DELETE FROM message WHERE sid = ?", (sid,))
            self._db.execute("DELETE FROM errand WHERE sid = ?", (sid,))

    def wipe(self) -> int:
        """Forget all texts, opt-outs and errands; how many texts it was."""
        with self._transaction():
            count = self._db.execute("DELETE FROM message").rowcount
            for table in ("opt_out", "errand", "mail"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608
        return count

    def page(self, wanted: Wanted, size: int) -> list[tuple[int, Message]]:
        """At most `size` texts with their positions, newest first."""
        conditions = {
            '"to" = ?': wanted.to,
            "from_ = ?": wanted.from_,
            "sent_at >= ?": wanted.sent_from.timestamp() if wanted.sent_from else None,
            "sent_at < ?": wanted.sent_until.timestamp() if wanted.sent_until else None,
            "seq < ?": wanted.before,
            "seq > ?": wanted.after,
        }
        active = {condition: value for condition, value in conditions.items() if value is not None}
        where = " AND ".join(active) or "1"
        order = "ASC" if wanted.after is not None else "DESC"
        rows = self._db.execute(
            f"SELECT * FROM message WHERE {where} ORDER BY seq {order} LIMIT ?",  # noqa: S608
            (*active.values(), size),
        ).fetchall()
        found = [(row["seq"], _to_message(row)) for row in rows]
        return found[::-1] if wanted.after is not None else found

    def conversation(self, phone: str, limit: int = 500) -> list[Message]:
        """A client's texts in both directions, newest last."""
        rows = self._db.execute(
            "SELECT * FROM message WHERE phone = ? ORDER BY seq DESC LIMIT ?", (phone, limit)
        ).fetchall()
        return [_to_message(row) for row in reversed(rows)]

    def phones(self) -> list[tuple[str, int, Message]]:
        """Every client's number, how many texts it has, and the last of them; most recent first."""
        rows = self._db.execute(
            "SELECT message.*, latest.count FROM message JOIN "
            "(SELECT max(seq) AS seq, count(*) AS count FROM message GROUP BY phone) AS latest "
            "USING (seq) ORDER BY seq DESC"
        ).fetchall()
        return [(row["phone"], row["count"], _to_message(row)) for row in rows]

    # -- mail -----------------------------------------------------------------------------------------

    def keep_mail(self, mail: Mail) -> None:
        with self._transaction():
            self._db.execute(
                "INSERT INTO mail (sender, recipient, subject, body, at) VALUES (?, ?, ?, ?, ?)",
                (mail.sender, mail.recipient, mail.subject, mail.body, mail.at.timestamp()),
            )

    def mailboxes(self) -> list[tuple[str, Mail]]:
        """Every address that got mail with its last one; most recent first."""
        rows = self._db.execute(
            "SELECT * FROM mail WHERE id IN (SELECT max(id) FROM mail GROUP BY recipient) ORDER BY id DESC"
        )
        return [(row["recipient"], _to_mail(row)) for row in rows]

    def mail_of(self, address: str) -> list[Mail]:
        """What one address got, newest last."""
        rows = self._db.execute("SELECT * FROM mail WHERE recipient = ? ORDER BY id", (address,))
        return [_to_mail(row) for row in rows]

    # -- opt-outs -----------------------------------------------------------------------------------

    def opted_out(self, phone: str, sender: str) -> bool:
        found = self._db.execute("SELECT 1 FROM opt_out WHERE phone = ? AND sender = ?", (phone, sender))
        return found.fetchone() is not None

    def opt_outs(self, phone: str) -> list[str]:
        rows = self._db.execute("SELECT sender FROM opt_out WHERE phone = ? ORDER BY at", (phone,))
        return [row["sender"] for row in rows]

    def opt_out(self, phone: str, sender: str, at: datetime) -> None:
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO opt_out VALUES (?, ?, ?)", (phone, sender, at.timestamp())
            )

    def opt_in(self, phone: str, sender: str) -> None:
        with self._transaction():
            self._db.execute("DELETE FROM opt_out WHERE phone = ? AND sender = ?", (phone, sender))

    # -- errands --------------------------------------------------------------------------------------

    def add_errand(self, errand: Errand) -> None:
        with self._transaction():
            self._add_errands([errand])

    def errands(self, exclude: Container[int] = ()) -> Iterator[Errand]:
        """Errands not in `exclude`, the next due first; read as far as the caller goes on."""
        for row in self._db.execute("SELECT * FROM errand ORDER BY due_at, id"):
            if row["id"] not in exclude:
                yield _to_errand(row)

    def done(self, errand: Errand) -> None:
        self._db.execute("DELETE FROM errand WHERE id = ?", (errand.id,))

    def _add_errands(self, errands: Iterable[Errand]) -> None:
        self._db.executemany(
            "INSERT INTO errand (kind, sid, due_at, token, status, error_code, opt_out_type, attempt)"
            " VALUES (:kind, :sid, :due_at, :token, :status, :error_code, :opt_out_type, :attempt)",
            [{**asdict(errand), "due_at": errand.due_at.timestamp()} for errand in errands],
        )

    def _transaction(self) -> _Transaction:
        self.changes += 1
        return _Transaction(self._db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._db.execute("ROLLBACK" if error else "COMMIT")


def _to_row(message: Message) -> dict[str, Any]:
    row = {name: getattr(message, name) for name in Message.__dataclass_fields__}
    for name in _INSTANTS:
        row[name] = row[name].timestamp() if row[name] else None
    return {
        **row,
        "phone": message.phone,
        "media": json.dumps(message.media),
        "path": json.dumps(message.path),
    }


def _to_message(row: sqlite3.Row) -> Message:
    values = {name: row[name] for name in row.keys() if name not in {"seq", "phone", "count"}}  # noqa: SIM118
    for name in _INSTANTS:
        values[name] = _instant(values[name])
    return Message(
        **{
            **values,
            "direction": Direction(values["direction"]),
            "status": Status(values["status"]),
            "media": tuple(json.loads(values["media"])),
            "path": tuple(Status(status) for status in json.loads(values["path"])),
        }
    )


def _to_mail(row: sqlite3.Row) -> Mail:
    at = datetime.fromtimestamp(row["at"], UTC)
    return Mail(row["sender"], row["recipient"], row["subject"], row["body"], at)


def _to_errand(row: sqlite3.Row) -> Errand:
    return Errand(
        kind=ErrandKind(row["kind"]),
        sid=row["sid"],
        due_at=datetime.fromtimestamp(row["due_at"], UTC),
        token=row["token"],
        status=Status(row["status"]) if row["status"] else None,
        error_code=row["error_code"],
        opt_out_type=row["opt_out_type"],
        attempt=row["attempt"],
        id=row["id"],
    )


def _instant(epoch: float | None) -> datetime | None:
    return datetime.fromtimestamp(epoch, UTC) if epoch is not None else None
