"""The mixed load: which jobs, in which order."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

from bad import SORTS, bad_message
from content import Author, message, read_texts
from messages import Message

BAD_SHARE, REPEAT_SHARE, LIST_SHARE, OTHER_LANE_SHARE = 0.01, 0.01, 0.06, 0.005
MOST_TARGETS = 1000


class Mix:
    """`jobs` different jobs with at least `targets` targets; producers' repeats come on top."""

    def __init__(self, jobs: int, targets: int, vendors: list[str], apps: list[str], seed: int) -> None:
        self.rng = random.Random(seed)
        self.author = Author(self.rng, read_texts())
        self.vendors, self.apps = vendors, apps
        # One of each sort when there is room for it.
        bad = max(round(jobs * BAD_SHARE), min(len(SORTS), jobs // 20))
        self.bad_left, self.left = bad, jobs - bad
        self.sorts = itertools.cycle(SORTS)
        self.sizes = self.plan(targets)

    def plan(self, targets: int) -> list[int]:
        """The sizes of the list jobs: small ones mostly, and as many large ones as the wanted targets need."""
        rng, singles = self.rng, self.left - round(self.left * LIST_SHARE)
        sizes = [min(MOST_TARGETS, int(2 * 500 ** rng.random() ** 6)) for _ in range(self.left - singles)]
        if targets > singles + MOST_TARGETS * len(sizes):
            raise ValueError(f"{targets} targets do not fit into {self.left} jobs: ask for more --jobs")
        by_size = sorted(range(len(sizes)), key=lambda n: -sizes[n])
        total = singles + sum(sizes)
        for n in by_size:
            if total >= targets:
                break
            grown = min(MOST_TARGETS, sizes[n] + targets - total)
            total += grown - sizes[n]
            sizes[n] = grown
        rng.shuffle(sizes)
        return sizes

    def messages(self) -> Iterator[Message]:
        """Every message in order. Each is written when it is asked for, so that its times are true."""
        repeats: list[tuple[int, Message]] = []
        for count, sent in enumerate(self.different()):
            yield sent
            if not sent.bad and self.rng.random() < REPEAT_SHARE:
                repeats.append((count + self.rng.choice([0, 1, 20, 300]), replace(sent, repeat=True)))
            for due in [entry for entry in repeats if entry[0] <= count]:
                repeats.remove(due)
                yield due[1]
        yield from (sent for _, sent in repeats)

    def different(self) -> Iterator[Message]:
        """Every message once."""
        while self.left + self.bad_left > 0:
            if self.rng.randrange(self.left + self.bad_left) < self.bad_left:
                self.bad_left -= 1
                yield bad_message(self.author, *self.address(), next(self.sorts))
                continue
            story = self.story()
            self.left -= len(story)
            yield from story

    def address(self) -> tuple[str, str]:
        return self.rng.choice(self.vendors), self.rng.choices(self.apps, range(len(self.apps), 0, -1))[0]

    def story(self) -> list[Message]:
        """A few jobs that belong together: a list job, a call, a chain that supersedes itself, or one job alone."""
        room = self.left - len(self.sizes)
        if self.rng.randrange(self.left) < len(self.sizes):
            return [message(self.author.job(*self.address(), self.author.kind(), self.sizes.pop()))]
        kind = self.author.kind()
        if kind == "call.invite" and room >= 2:
            return self.call()
        if kind in ("order.update", "chat.group", "reminder.calendar") and room >= 5 and self.author.chance(0.3):
            return self.chain(kind)
        job = self.author.job(*self.address(), kind, 1)
        other = self.rng.choice(["high", "normal", "low"]) if self.author.chance(OTHER_LANE_SHARE) else None
        return [message(job, other)]

    def call(self) -> list[Message]:
        """Somebody calls and gives up. The two do not always arrive in order."""
        address = self.address()
        invite = self.author.job(*address, "call.invite", 1)
        cancel = self.author.job(*address, "call.cancel", 1, [invite["targets"][0]["token"]])
        cancel["collapse"] = invite["collapse"]
        story = [self.named(invite), self.named(cancel)]
        return story[::-1] if self.author.chance(0.2) else story

    def chain(self, kind: str) -> list[Message]:
        """Three to five states of one thing; whichever still wait when a newer one is there need not be sent."""
        address, story, token = self.address(), [], None
        key = f"thing-{self.rng.getrandbits(48):012x}"
        for seq in range(self.rng.randint(3, 5)):
            job = self.author.job(*address, kind, 1, token)
            token = [job["targets"][0]["token"]]
            job["collapse"] = {"key": key, "seq": seq}
            story.append(self.named(job))
        if self.author.chance(0.2):
            self.rng.shuffle(story)
        return story

    def named(self, job: dict) -> Message:
        """Jobs that share a token must be told apart by their data."""
        job.setdefault("data", {"job": job["id"]})
        return message(job)
