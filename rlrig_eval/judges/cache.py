"""Replies kept by content: the same request to the same model is paid for once, over runs and within one.

What is kept is a reply that fits its form; a bad one is asked again. One SQLite file, which several processes may
share; it is no source of truth, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rlrig_eval.errors import UsageError
from rlrig_eval.judges.contract import Backend, Misfit, Reply, Request, Trouble, Usage, digest
from rlrig_eval.judges.pictures import PerPicture

OFF = "off"
MOST_READY = 256
"""So many kept replies may wait for one that is out before no more is asked until it is in."""
_READING = 2
"""Goes up when P(yes) is read off a server's words in another way: what was kept before is then asked for again."""
_TABLE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL) WITHOUT ROWID"


class Cache:
    """Replies by key, in a file."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(_TABLE)
        except (OSError, sqlite3.Error) as problem:
            raise UsageError(f"the judges' cache {path} cannot be used: {problem}; -J cache=off does without") from None
        self._lock = threading.Lock()

    def get(self, key: str) -> Reply | None:
        try:
            with self._lock:
                row = self._db.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
            kept = json.loads(row[0]) if row is not None else None
            return None if kept is None else Reply(**{**kept, "usage": Usage(**kept["usage"])})
        except (sqlite3.Error, ValueError, TypeError, KeyError):  # damaged, or of another version: asked for again
            return None

    def put(self, key: str, reply: Reply) -> None:
        with self._lock, suppress(sqlite3.Error):  # a full disk takes no reply away that is here
            self._db.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, json.dumps(asdict(reply))))


def open_cache(where: str | None) -> Cache | None:
    """The cache in the file `where`, in the user's cache folder by default; None for ``off``."""
    if where == OFF:
        return None
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Cache(Path(where) if where else home / "rlrig-eval" / "judges.sqlite")


@dataclass
class _Place:
    """A request's place in the order of replies; `reply` is there at once for one that was kept."""

    key: str
    reply: Reply | None
    twin: bool = False


class Cached:
    """A back end that is asked only what is not kept, and nothing twice at a time."""

    def __init__(self, backend: Backend, cache: Cache | None, identity: Mapping[str, Any]) -> None:
        self._backend, self._cache = backend, cache
        self._model = json.dumps(dict(identity) | {"slug": None}, sort_keys=True)
        self._digest = PerPicture(digest)

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply | Trouble]:
        rest = iter(requests)
        for request in rest:
            key = self._key(request)
            kept = self._kept(key)
            if kept is not None:
                yield kept
            else:
                yield from self._ask(request, key, rest)

    def _ask(self, first: Request, first_key: str, rest: Iterator[Request]) -> Iterator[Reply | Trouble]:
        """Replies to `first`, which is not kept, and on until `MOST_READY` wait behind one that is out."""
        order = deque([_Place(first_key, None)])
        out = {first_key: first}
        fresh: dict[str, Reply | Trouble] = {}  # replies that a twin still waits for
        twins: Counter[str] = Counter()

        def missing() -> Iterator[Request]:
            yield first
            while len(order) - len(out) < MOST_READY and (request := next(rest, None)) is not None:
                key = self._key(request)
                kept = self._kept(key)
                order.append(_Place(key, kept, twin=kept is None and key in out))
                if order[-1].twin:
                    twins[key] += 1
                elif kept is None:
                    out[key] = request
                    yield request

        def ready() -> Iterator[Reply | Trouble]:
            while order and (order[0].reply is not None or order[0].twin):
                place = order.popleft()
                if place.reply is not None:
                    yield place.reply
                    continue
                yield fresh[place.key]
                twins[place.key] -= 1
                if not twins[place.key]:
                    del twins[place.key], fresh[place.key]

        for reply in self._backend.replies(missing()):
            yield from ready()
            key = order.popleft().key
            self._keep(key, out.pop(key), reply)
            if key in twins:
                fresh[key] = reply
            yield reply
            yield from ready()
        yield from ready()

    def _key(self, request: Request) -> str:
        reading = _READING if request.form.schema is None else ""
        return hashlib.sha256(f"{self._model}{request.key(self._digest)}{reading}".encode()).hexdigest()

    def _kept(self, key: str) -> Reply | None:
        return None if self._cache is None else self._cache.get(key)

    def _keep(self, key: str, request: Request, reply: Reply | Trouble) -> None:
        if self._cache is None or isinstance(reply, Trouble):
            return
        with suppress(Misfit):
            request.form.read(reply)
            self._cache.put(key, reply)
