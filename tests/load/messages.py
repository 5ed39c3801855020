"""What is published: one message, and what the judge must know about it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

# kind: (how often, lane). The lane follows from the kind, see schemas/.
KINDS = {
    "chat.direct": (30, "normal"),
    "chat.group": (18, "normal"),
    "chat.mention": (5, "normal"),
    "call.invite": (3, "high"),
    "call.cancel": (1, "high"),
    "call.missed": (2, "high"),
    "social.request": (3, "normal"),
    "social.interaction": (6, "low"),
    "account.security": (4, "high"),
    "account.status": (2, "normal"),
    "order.update": (5, "normal"),
    "payment.update": (3, "normal"),
    "reminder.calendar": (3, "normal"),
    "reminder.device": (1, "normal"),
    "mail.new": (3, "normal"),
    "subscription.update": (2, "normal"),
    "news": (3, "low"),
    "content": (3, "low"),
    "marketing": (3, "low"),
}


@dataclass
class Message:
    """A body, where it goes, and what must become of it."""

    id: str
    vendor: str
    app: str
    lane: str
    kind: str
    body: bytes
    tokens: list[str]
    created_at: str
    expires_at: str | None = None
    expect: str = "settled"  # or "parked": no job can be read from it; "unrouted": nobody consumes its key
    must_not_double: bool = False
    repeat: bool = False  # the producer publishes this id again
    bad: str | None = None  # which sort of bad job this is

    @property
    def routing_key(self) -> str:
        return f"{self.vendor}.{self.lane}.{self.app}"

    def line(self, at_ms: int, confirmed: bool, returned: bool) -> str:
        """The message's line of published.jsonl."""
        line = {
            "at": at_ms,
            "id": self.id,
            "app": self.app,
            "vendor": self.vendor,
            "kind": self.kind,
            "lane": self.lane,
            "tokens": self.tokens,
            "created_at": self.created_at,
            "confirmed": confirmed,
            "returned": returned,
            "expect": self.expect,
            "must_not_double": self.must_not_double,
        }
        if self.expires_at:
            line["expires_at"] = self.expires_at
        if self.repeat:
            line["repeat_of"] = True
        if self.bad:
            line["bad"] = self.bad
        return json.dumps(line, separators=(",", ":")) + "\n"


def encode(job: object) -> bytes:
    """A body as chat backends write it: UTF-8, nothing escaped that need not be."""
    return json.dumps(job, ensure_ascii=False, separators=(",", ":")).encode()


def new_id() -> str:
    """A UUIDv7. It never depends on the seed: the same id twice would be a producer's repeat."""
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def stamp(later: float = 0.0) -> str:
    """Now, or this many seconds later, as RFC 3339 with milliseconds."""
    at = datetime.now(timezone.utc) + timedelta(seconds=later)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_token(rng: random.Random, job: str, n: int, longest: int, fate: str = "") -> str:
    """A token that no other target has: 32 to `longest` hex digits. Simulators know by its beginning what comes of it."""
    digits = hashlib.sha512(f"{job}/{n}".encode()).hexdigest() + hashlib.md5(job.encode()).hexdigest()
    return fate + digits[: rng.randint(32, longest)]
