#!/usr/bin/env python3
"""Reads push.receipts into a file, one receipt a line, repeats included. A message is acknowledged once it is written.

Runs until SIGTERM, until --until results are there, or until nothing came for --idle seconds.
Exit: 0 stopped or enough results, 1 the idle time ran out before --until results were there.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time

import pika
import pika.exceptions


class Reader:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.file = open(options.out, "a", encoding="utf-8")
        self.results = 0
        self.heard = time.monotonic()
        self.stopped = False

    def done(self) -> bool:
        enough = self.options.until is not None and self.results >= self.options.until
        return self.stopped or enough or self.idle()

    def idle(self) -> bool:
        return self.options.idle is not None and time.monotonic() - self.heard >= self.options.idle

    def read(self) -> None:
        """One connection, until done. Raises when the connection breaks; what was not acknowledged comes again."""
        connection = pika.BlockingConnection(pika.URLParameters(self.options.amqp))
        channel = connection.channel()
        channel.basic_qos(prefetch_count=200)
        channel.basic_consume(f"{self.options.prefix}push.receipts", self.take)
        while not self.done():
            connection.process_data_events(time_limit=0.1)
        connection.close()

    def take(self, channel, method, _properties, body: bytes) -> None:
        receipts = json.loads(body)
        for receipt in receipts:
            self.file.write(json.dumps(receipt, ensure_ascii=False, separators=(",", ":")) + "\n")
            self.results += len(receipt.get("results", []))
        self.file.flush()
        channel.basic_ack(method.delivery_tag)
        self.heard = time.monotonic()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--amqp", default=os.environ.get("AMQP_URL"), help="amqp://... (default: AMQP_URL)")
    parser.add_argument("--prefix", default="", help="before every queue name")
    parser.add_argument("--out", default="receipts.jsonl", help="lines are added to this file")
    parser.add_argument("--until", type=int, help="results, repeats included")
    parser.add_argument("--idle", type=float, help="seconds without a receipt")
    options = parser.parse_args()
    if not options.amqp:
        parser.error("name the broker: --amqp URL, or AMQP_URL in the environment")
    reader = Reader(options)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(reader, "stopped", True))
    while not reader.done():
        try:
            reader.read()
        except (pika.exceptions.AMQPError, OSError) as error:
            # The broker restarts, or no worker has declared the queue yet.
            print(f"receipts.py: {error!r}; trying again", file=sys.stderr)
            time.sleep(0.5)
    print(f"{reader.results} results", file=sys.stderr)
    return int(options.until is not None and reader.results < options.until and not reader.stopped)


if __name__ == "__main__":
    sys.exit(main())
