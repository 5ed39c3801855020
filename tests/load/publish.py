#!/usr/bin/env python3
"""Publishes a realistic mixed load, and writes one line per confirmed message for the judge. See tests/README.md."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

from messages import Message
from mix import Mix
from producer import Producer


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amqp", default=os.environ.get("AMQP_URL"), help="amqp://... (default: AMQP_URL)")
    parser.add_argument("--prefix", default="", help="before every exchange name")
    parser.add_argument("--jobs", type=int, default=6000, help="different jobs")
    parser.add_argument("--targets", type=int, default=0, help="at least so many targets in all")
    parser.add_argument("--vendors", default="huawei", help="with commas between")
    parser.add_argument("--apps", default="chat,shop", help="with commas between; the first gets the most")
    parser.add_argument("--seed", type=int, default=1, help="the same seed writes the same contents")
    parser.add_argument("--out", default="published.jsonl", help="where the lines for the judge go")
    parser.add_argument("--rate", type=float, help="messages per second (default: as fast as they are confirmed)")
    parser.add_argument("--window", type=int, default=500, help="messages on the way at once")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds without a confirm before giving up")
    parser.add_argument("--progress", action="store_true", help="a line on stderr every second")
    options = parser.parse_args()
    if not options.amqp:
        parser.error("name the broker: --amqp URL, or AMQP_URL in the environment")
    return options


class Log:
    """Writes confirmed messages and says how far it is."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.file = open(options.out, "w", encoding="utf-8", buffering=1)
        self.progress = options.progress
        self.messages = self.targets = self.returned = 0
        self.start = self.said = time.monotonic()

    def confirmed(self, sent: Message, at_ms: int, returned: bool) -> None:
        self.file.write(sent.line(at_ms, True, returned))
        self.messages += 1
        self.targets += len(sent.tokens)
        self.returned += returned
        if self.progress and time.monotonic() - self.said >= 1.0:
            self.said = time.monotonic()
            self.say()

    def say(self) -> None:
        rate = self.messages / max(time.monotonic() - self.start, 0.001)
        text = f"published {self.messages} messages, {self.targets} targets, {rate:.0f} messages/s"
        print(text + (f", {self.returned} returned" if self.returned else ""), file=sys.stderr, flush=True)


def main() -> int:
    options = arguments()
    try:
        mix = Mix(options.jobs, options.targets, options.vendors.split(","), options.apps.split(","), options.seed)
    except ValueError as error:
        print(f"publish.py: {error}", file=sys.stderr)
        return 64
    log = Log(options)
    exchange = f"{options.prefix}push.jobs"
    producer = Producer(
        options.amqp, exchange, mix.messages(), log.confirmed, options.window, options.rate, options.patience
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: producer.stop())
    done = producer.run()
    for sent in producer.unanswered():
        log.file.write(sent.line(int(time.time() * 1000), False, False))
    log.say()
    if not done:
        hint = "is the broker up, and did a worker declare the exchange?"
        text = f"publish.py: gave up on exchange {exchange}: {producer.error}; {hint}"
        print(text, file=sys.stderr)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
