#!/usr/bin/env python3
"""What an operator does with messages that no tool of RabbitMQ's does. Needs Python 3.9 and pika; AMQP_URL names the broker.

  messages.py receipts JOB-ID          the receipts of a job within the last 24 hours, from the stream push.receipts.log
  messages.py look QUEUE               what lies in a parking queue and why, a line each; everything stays
  messages.py replay QUEUE             puts what lies there back to where it came from
  messages.py discard QUEUE            has workers drop what lies there: nothing of it is sent, its receipts say "discarded".
                                       QUEUE may be a held or a work queue, too: then all that lies in it now
      --reason REASON                  only what was parked for this reason
      --job JOB-ID                     only this job
"""

import argparse
import json
import os
import sys
import time

import pika
import pika.exceptions

# Counts as delivered before.
SAFE = {"x-push-again": True}
DISCARD = {"x-push-discard": True}
# No worker takes a job from these, so none can tell of it.
NO_JOB = ("unreadable", "too_large", "wrong_vendor", "wrong_app")


def headers_of(properties):
    return properties.headers or {}


def key_of(queue, method, headers, body):
    """The routing key that a message had in its work queue."""
    if "x-push-park-key" in headers:
        return headers["x-push-park-key"]
    if "push.held." in queue:
        job = json.loads(body)
        return f"{job['vendor']}.{headers['x-push-lane']}.{job['app']}"
    # Parked by the broker itself, at its delivery limit: the oldest death is the last of the list.
    deaths = headers.get("x-death") or [{}]
    return (deaths[-1].get("routing-keys") or [method.routing_key])[0]


def why(queue, headers):
    """Why a message lies where it does."""
    if "push.parked." not in queue:
        return "waits"
    return headers.get("x-push-park-reason", "delivery_limit" if "x-death" in headers else "unrouted")


def chosen(channel, options):
    """What lies in the queue now, each once; what is not acknowledged stays."""
    for _ in range(channel.queue_declare(options.queue, passive=True).method.message_count):
        method, properties, body = channel.basic_get(options.queue)
        if method is None:
            return
        reason = why(options.queue, headers_of(properties))
        if options.job in (None, properties.message_id) and options.reason in (None, reason):
            yield method, properties, body, reason


def look(channel, options):
    for method, properties, body, reason in chosen(channel, options):
        headers = headers_of(properties)
        rule = " ".join(str(headers[f"x-push-park-{part}"]) for part in ("field", "rule") if f"x-push-park-{part}" in headers)
        at = headers.get("x-push-parked-at", "-")
        print(properties.message_id, reason, key_of(options.queue, method, headers, body), at, f"{len(body)} B", rule, sep="\t")


def put_back(channel, options, message, more):
    """Publishes a message to where workers have it next; only then does it leave its queue."""
    method, properties, body, reason = message
    headers = headers_of(properties)
    key = key_of(options.queue, method, headers, body)
    kept = {name: value for name, value in headers.items() if name.startswith("x-push-") and not name.startswith("x-push-park")}
    kept.pop("x-push-discard", None)
    # What was not delivered before is as its producer or a worker made it.
    untouched = reason == "unrouted" or (reason == "waits" and not method.redelivered)
    properties.headers = kept | ({} if untouched else SAFE) | more
    channel.basic_publish(options.prefix + "push.jobs", key, body, properties, mandatory=True)
    channel.basic_ack(method.delivery_tag)


def replay(channel, options):
    channel.confirm_delivery()
    count = 0
    for message in chosen(channel, options):
        put_back(channel, options, message, {})
        count += 1
    print(f"{count} put back", file=sys.stderr)


def is_served(channel, options, key):
    """Whether there is a work queue for this routing key."""
    asking = channel.connection.channel()
    try:
        asking.queue_declare(f"{options.prefix}push.jobs.{key}", passive=True)
    except pika.exceptions.ChannelClosedByBroker:
        return False
    asking.close()
    return True


def discard(channel, options):
    channel.confirm_delivery()
    given = removed = left = 0
    for message in chosen(channel, options):
        method, properties, body, reason = message
        key = key_of(options.queue, method, headers_of(properties), body)
        if reason in NO_JOB or (reason == "unrouted" and not is_served(channel, options, key)):
            print(properties.message_id, reason, "removed: no worker takes it, so there is no receipt", sep="\t")
            channel.basic_ack(method.delivery_tag)
            removed += 1
        elif reason == "newer_version":
            print(properties.message_id, reason, "left: only a newer worker can read its headers", sep="\t")
            left += 1
        else:
            put_back(channel, options, message, DISCARD)
            given += 1
    print(f"{given} given to the workers to discard, {removed} removed, {left} left", file=sys.stderr)


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
    what = {"receipts": receipts, "look": look, "replay": replay, "discard": discard}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=what)
    parser.add_argument("of", metavar="JOB-ID | QUEUE")
    parser.add_argument("--reason")
    parser.add_argument("--job")
    parser.add_argument("--prefix", default="", help="amqp.prefix of the settings")
    parser.add_argument("--idle", type=float, default=5, help="seconds of silence that end a stream")
    options = parser.parse_args()
    if "AMQP_URL" not in os.environ:
        parser.error("set AMQP_URL to amqp://user:password@host:5672/vhost (%%2f is the virtual host /)")
    options.queue = options.of
    if options.what == "receipts":
        options.job = options.of
    elif not options.queue.startswith(tuple(f"{options.prefix}push.{kind}." for kind in ("parked", "held", "jobs"))):
        names = "push.parked.VENDOR, push.held.VENDOR.APP.QUOTA or push.jobs.VENDOR.LANE.APP"
        parser.error(f"{options.queue} is no queue of jobs: name {names}, and --prefix if there is one")
    elif "push.parked." not in options.queue and (options.what != "discard" or options.job or options.reason):
        # The broker would mark what is only looked at as delivered before, and that mark costs proof that it was never sent.
        parser.error(f"{options.queue} is no parking queue: there is only discard for it, of everything")
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    try:
        return what[options.what](connection.channel(), options) or 0
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
