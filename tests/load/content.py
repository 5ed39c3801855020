"""What realistic jobs say: texts, senders, clicks, badges, labels, data."""

from __future__ import annotations

import json
import random
from pathlib import Path

from messages import KINDS, Message, encode, new_id, new_token, stamp

NAMES = ["Li Lei", "韩梅梅", "Ömer", "山田太郎", "Zoë", "김철수", "Анна", "u_1001"]
# What a token's name tells the simulators: unregistered, never a token, had its share today, not taken twice.
# FCM wants a minute's pause for each of the last two: nobody waits so long for a demo.
PATIENT = {"fcm"}
FATES = {"": 0.968, "dead-": 0.02, "malformed-": 0.004, "capped-": 0.004, "busy-2-": 0.004}
FORBIDDEN_SHARE = 0.004
# Vendors with several kinds of tokens: which jobs go to the second, and how many of them.
TYPES = {"apns": ("call.", "voip", 0.5), "huawei": ("", "next", 0.3)}


def read_texts() -> list[dict]:
    """Titles and bodies in twelve languages, tricky ones among them."""
    with open(Path(__file__).with_name("texts.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Author:
    """Writes jobs. With the same seed it writes the same ones, but for ids, tokens and times."""

    def __init__(self, rng: random.Random, texts: list[dict]) -> None:
        self.rng = rng
        self.texts = texts

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def kind(self) -> str:
        return self.rng.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]

    def job(self, vendor: str, app: str, kind: str, targets: int, tokens: list[str] | None = None) -> dict:
        """A valid job. Given tokens are those of the job that it belongs to."""
        rng, job_id = self.rng, new_id()
        longest = 130 if targets <= 200 else 64  # a thousand long tokens would not fit into 256 KiB
        tokens = tokens or [
            new_token(rng, job_id, n, longest, self.fate(vendor)) for n in range(targets)
        ]
        beginning, second, share = TYPES.get(vendor, ("-", "", 0))
        type_ = second if kind.startswith(beginning) and self.chance(share) else None
        job: dict = {
            "v": 1,
            "id": job_id,
            "app": app,
            "vendor": vendor,
            "targets": [self.target(token, n, kind, type_) for n, token in enumerate(tokens)],
            "kind": kind,
            "created_at": stamp(),
        }
        data_only = self.chance(0.3 if kind.startswith("call.") else 0.06)
        if not data_only:
            job["notification"] = self.notification(kind)
        if kind.startswith(("chat.", "call.", "social.")):
            job["sender"] = {"id": f"u_{rng.randrange(10**6)}", "nickname": rng.choice(NAMES)}
            if self.chance(0.1):
                del job["sender"]["nickname"]
        if data_only or self.chance(0.87):
            job["data"] = {"job": job_id, "conv": f"c_{rng.randrange(10**5)}", "seq": rng.randrange(1, 10**6)}
        if kind.startswith("call."):
            job["collapse"] = {"key": f"call-{job_id}"}
        elif self.chance(0.1):
            job["collapse"] = {"key": f"conv-{job_id}", "seq": rng.randrange(2**53)}
        if self.chance(0.4):
            job["expires_at"] = stamp(60 if kind.startswith("call.") else rng.randrange(3600, 24 * 3600))
        if self.chance(0.3):
            job["labels"] = {"trace": f"{rng.getrandbits(64):016x}", "campaign": rng.choice(["spring", "春节", "-"])}
        if self.chance(0.05):
            job["silent"] = True
        return job

    def fate(self, vendor: str) -> str:
        fate = self.rng.choices(list(FATES), list(FATES.values()))[0]
        return "" if vendor in PATIENT and fate in ("capped-", "busy-2-") else fate

    def target(self, token: str, n: int, kind: str, type_: str | None) -> dict:
        target: dict = {"token": token}
        if type_:
            target["type"] = type_
        if self.chance(0.6):
            target["ref"] = f"device-{n}"
        if kind.startswith("chat.") and self.chance(0.4):
            target["badge"] = self.rng.choice([{"add": 1}, {"add": 1}, {"set": 1}, {"set": 9}, {"set": 0}])
        return target

    def notification(self, kind: str) -> dict:
        rng, text = self.rng, self.rng.choice(self.texts)
        shown: dict = {"title": text["title"], "body": text["body"]}
        if self.chance(FORBIDDEN_SHARE):
            shown["body"] = "FORBIDDEN-WORDS"
        if kind.startswith("chat.") and self.chance(0.5):
            shown["title"] = ""  # the sender's nickname stands there
        for share, name, value in (
            (0.04, "subtitle", "work group"),
            (0.04, "image", "https://img.example.com/a.png"),
            (0.05, "sound", "ding"),
            (0.05, "channel", "messages"),
            (0.15, "tag", f"conv-{rng.randrange(1000)}"),
            (0.4, "click", self.click()),
        ):
            if self.chance(share):
                shown[name] = value
        return shown

    def click(self) -> dict:
        return self.rng.choice(
            [
                {"action": "app"},
                {"action": "activity", "activity": "com.example.chat.OPEN_CONVERSATION"},
                {"action": "intent", "intent": "intent://chat/c_7#Intent;scheme=example;package=com.example.chat;end"},
                {"action": "url", "url": "https://www.example.com/c/7?from=push"},
            ]
        )


def message(job: dict, lane: str | None = None) -> Message:
    """The message that carries a job, in its kind's lane unless the producer chose another."""
    own = KINDS[job["kind"]][1]
    return Message(
        id=job["id"],
        vendor=job["vendor"],
        app=job["app"],
        lane=lane or own,
        kind=job["kind"],
        body=encode(job),
        tokens=[target["token"] for target in job["targets"]],
        created_at=job["created_at"],
        expires_at=job.get("expires_at"),
        must_not_double=own == "low",
    )
