"""Bad jobs of every sort, and what must become of each."""

from __future__ import annotations

from typing import Callable

from content import Author, message
from messages import Message, encode, new_token, stamp


def _with(**changes: object) -> Callable[[Author, dict], bytes]:
    return lambda author, job: encode({**job, **changes})


def _without(field: str) -> Callable[[Author, dict], bytes]:
    return lambda author, job: encode({name: value for name, value in job.items() if name != field})


def _too_many_targets(author: Author, job: dict) -> bytes:
    return encode({**job, "targets": [{"token": new_token(author.rng, job["id"], n, 64)} for n in range(1001)]})


def _data(**fields: object) -> Callable[[Author, dict], bytes]:
    return lambda author, job: encode({**job, "data": {"job": job["id"], **fields}})


def _twice_the_same_token(author: Author, job: dict) -> bytes:
    job["targets"] = [job["targets"][0], {"token": new_token(author.rng, job["id"], 1, 130)}, job["targets"][0]]
    return encode(job)


def _no_content(author: Author, job: dict) -> bytes:
    return encode({name: value for name, value in job.items() if name not in ("notification", "data")})


# No job can be read from these: they are parked and nobody is told.
UNREADABLE: dict[str, Callable[[Author, dict], bytes]] = {
    "not_json": lambda author, job: encode(job)[:-7],
    "not_utf8": lambda author, job: encode(job).replace(b'"v":1', b'"v":1,"\xff":1', 1),
    "empty": lambda author, job: b"",
    "field_twice": lambda author, job: encode(job).replace(b'"v":1', b'"v":1,"v":1', 1),
    "wrong_type": lambda author, job: encode({**job, "targets": job["targets"][0]["token"]}),
    "unknown_field": _with(soud="ding"),
    "no_targets": _with(targets=[]),
    "too_many_targets": _too_many_targets,
    "another_vendors": _with(vendor="nokia"),
    "another_apps": _with(app="mail"),
    "version_2": _with(v=2),
    "unknown_kind": _with(kind="chat.wave"),
    "call_without_key": lambda author, job: encode(
        {name: value for name, value in {**job, "kind": "call.invite"}.items() if name != "collapse"}
    ),
    "image_over_http": _with(notification={"title": "a", "image": "http://img.example.com/a.png"}),
    "no_created_at": _without("created_at"),
    "too_large": _data(blob="x" * 300_000),
}
# These can be read, so their producers are told.
READABLE: dict[str, Callable[[Author, dict], bytes]] = {
    "expired": lambda author, job: encode({**job, "created_at": stamp(-3 * 86400), "expires_at": stamp(-86400)}),
    "created_in_future": lambda author, job: encode({**job, "created_at": stamp(3600), "expires_at": stamp(7200)}),
    "expires_too_late": lambda author, job: encode({**job, "expires_at": stamp(8 * 86400)}),
    "no_content": _no_content,
    "title_of_5000_emoji": _with(notification={"title": "👩‍👩‍👧" * 5000, "body": "b"}),
    "data_over_4096_bytes": _data(blob="数" * 2000),
    "same_token_twice": _twice_the_same_token,
    "numbers_over_2_53": _data(big=123456789012345678901234567890, next=2**53 + 1, small=-(2**63) - 1),
}
UNROUTED = "app_that_nobody_serves"
SORTS = [*UNREADABLE, *READABLE, UNROUTED]


def bad_message(author: Author, vendor: str, app: str, sort: str) -> Message:
    """A message that is bad in this way, addressed like a good one."""
    app = "nobody" if sort == UNROUTED else app
    job = author.job(vendor, app, "chat.direct", 1)
    job["data"] = {"job": job["id"]}
    sent = message(job)
    sent.bad = sort
    if sort in READABLE:
        sent.body = READABLE[sort](author, job)
        sent.tokens = [target["token"] for target in job["targets"]]
    elif sort in UNREADABLE:
        sent.body, sent.tokens, sent.expect = UNREADABLE[sort](author, job), [], "parked"
    else:
        sent.expect = "unrouted"
    return sent
