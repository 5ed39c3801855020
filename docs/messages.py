#!/usr/bin/env python3
"""What an operator does with messages that no tool of RabbitMQ's does. Needs Python 3.9 and pika; AMQP_URL names the broker.

  messages.py receipts JOB-ID          the receipts of a job within the last 24 hours, from the stream push.receipts.log
  messages.py look QUEUE               what lies in a parking queue and why, a line each; everything stays
  messages.py replay QUEUE             puts what lies there back to where it came from
      --reason REASON                  only what was parked for this reason
      --job JOB-ID                     only this job
"""

import argparse
import json
import os
import sys
import time

import pika

# What is put back: the broker has it before it leaves its queue, and it counts as delivered before.
SAFE = {"x-push-again": True}


def headers_of(properties):
    return properties.headers or {}


def key_of(method, headers):
    """The routing key that a message had in its work queue."""
    if "x-push-park-key" in headers:
        return headers["x-push-park-key"]
    # Parked by the broker itself, at its delivery limit: the oldest death is the last of the list.
    deaths = headers.get("x-death") or [{}]
    return (deaths[-1].get("routing-keys") or [method.routing_key])[0]


def parked(channel, queue, options):
    """What lies in the queue now, each once; what is not acknowledged stays."""
    for _ in range(channel.queue_declare(queue, passive=True).method.message_count):
        method, properties, body = channel.basic_get(queue)
        if method is None:
            return
        reason = headers_of(properties).get("x-push-park-reason", "delivery_limit" if "x-death" in headers_of(properties) else "unrouted")
        if options.job in (None, properties.message_id) and options.reason in (None, reason):
            yield method, properties, body, reason


def look(channel, options):
    for method, properties, body, reason in parked(channel, options.queue, options):
        headers = headers_of(properties)
        why = " ".join(str(headers[f"x-push-park-{part}"]) for part in ("field", "rule") if f"x-push-park-{part}" in headers)
        print(properties.message_id, reason, key_of(method, headers), headers.get("x-push-parked-at", "-"), f"{len(body)} B", why, sep="\t")


def replay(channel, options):
    channel.confirm_delivery()
    count = 0
    for method, properties, body, reason in parked(channel, options.queue, options):
        headers = headers_of(properties)
        key = key_of(method, headers)
        kept = {name: value for name, value in headers.items() if name.startswith("x-push-") and not name.startswith("x-push-park")}
        # What no worker has had is as new as its producer made it.
        properties.headers = kept if reason == "unrouted" else kept | SAFE
        channel.basic_publish(options.prefix + "push.jobs", key, body, properties, mandatory=True)
        channel.basic_ack(method.delivery_tag)
        count += 1
    print(f"{count} put back", file=sys.stderr)


def receipts(channel, options):
    channel.basic_qos(prefetch_count=100)
    found, heard = 0, time.monotonic()

    def take(_channel, method, _properties, body):
        nonlocal found, heard
        heard = time.monotonic()
        for receipt in json.loads(body):
            if receipt["id"] == options.job:
                found += 1
                print(json.dumps(receipt, ensure_ascii=False, indent=1))
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(options.prefix + "push.receipts.log", take, arguments={"x-stream-offset": "first"})
    # A stream has no end: a silence of some seconds is one.
    while time.monotonic() - heard < options.idle:
        channel.connection.process_data_events(time_limit=0.2)
    print(f"{found} receipt(s) of {options.job}", file=sys.stderr)
    return 0 if found else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["receipts", "look", "replay"])
    parser.add_argument("of", metavar="JOB-ID | QUEUE")
    parser.add_argument("--reason")
    parser.add_argument("--job")
    parser.add_argument("--prefix", default="", help="amqp.prefix of the settings")
    parser.add_argument("--idle", type=float, default=5, help="seconds of silence that end a stream")
    options = parser.parse_args()
    if "AMQP_URL" not in os.environ:
        parser.error("set AMQP_URL to amqp://user:password@host:5672/vhost (%%2f is the virtual host /)")
    if options.what == "receipts":
        options.job = options.of
    options.queue = options.of
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    try:
        return {"receipts": receipts, "look": look, "replay": replay}[options.what](connection.channel(), options) or 0
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
