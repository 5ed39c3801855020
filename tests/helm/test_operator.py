"""What the chart's README tells an operator to type, typed."""

import json
import os
import re
import shlex
import subprocess
import sys
import unittest
import uuid

import pika
from chart import CHART, ROOT, mount
from fleet import Fleet, until

VENDOR = "honor"
README = (CHART / "README.md").read_text()


def command(begin):
    """The line of the README that begins so, as words."""
    return shlex.split(re.search(rf"^ *({re.escape(begin)}.*)$", README, re.MULTILINE).group(1))


class Operator(unittest.TestCase):
    def setUp(self):
        self.fleet = self.enterContext(Fleet())

    def worker(self):
        objects, secrets = self.fleet.objects(VENDOR)
        root = str(self.fleet.dir)
        return self.fleet.worker(VENDOR, root, mount(objects, VENDOR, secrets, root))[1]

    def messages(self, *words):
        """docs/messages.py as the runbook calls it."""
        done = subprocess.run([sys.executable, ROOT / "docs/messages.py", *words], env={**os.environ, "AMQP_URL": self.fleet.amqp},
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_the_rights_that_it_gives_to_rabbitmqs_user_are_enough(self):
        host = pika.URLParameters(self.fleet.amqp)
        for line in ("rabbitmqctl add_user", "rabbitmqctl set_permissions"):
            self.fleet.rabbitmqctl(*command(line)[1:])
        user, password = command("rabbitmqctl add_user")[2:]
        self.fleet.amqp = f"amqp://{user}:{password}@{host.host}:{host.port}/%2f"
        self.worker()
        channel = self.fleet.channel()
        job = self.fleet.publish(channel, VENDOR, "chat", "a-token")
        self.assertEqual(self.fleet.receipt(channel, job)["results"][0]["outcome"], "accepted")

    def test_messages_finds_receipts_and_puts_parked_messages_back(self):
        channel = self.fleet.channel()
        worker = self.worker()
        settled = self.fleet.publish(channel, VENDOR, "chat", "a-token")
        self.fleet.receipt(channel, settled)

        # Of an app that is not there yet, and one that was written by a newer worker.
        lost = self.fleet.publish(channel, VENDOR, "later", "a-token")
        newer = str(uuid.uuid4())
        self.fleet.publish(channel, VENDOR, "chat", "b-token", id=newer, headers={"x-push-v": 2})
        until("both are parked", lambda: self.messages("look", f"push.parked.{VENDOR}")[1]
              and self.messages("look", "push.parked.unrouted")[1])
        _, said, _ = self.messages("look", f"push.parked.{VENDOR}")
        self.assertEqual(said.split("\t")[:3], [newer, "newer_version", f"{VENDOR}.normal.chat"])
        _, said, _ = self.messages("look", "push.parked.unrouted")
        self.assertEqual(said.split("\t")[:3], [lost, "unrouted", f"{VENDOR}.normal.later"])

        # Put back, each comes to the same place for the same reason, and nothing is lost on the way.
        for queue, reason, job in (("push.parked.unrouted", "unrouted", lost), (f"push.parked.{VENDOR}", "newer_version", newer)):
            self.assertIn("0 put back", self.messages("replay", queue, "--job", "nobody")[2])
            self.assertIn("1 put back", self.messages("replay", queue, "--reason", reason)[2])
            until("it is parked again", lambda queue=queue, job=job: job in self.messages("look", queue)[1])

        self.assertEqual(self.messages("look", f"push.jobs.{VENDOR}.normal.chat")[0], 2)

        code, said, _ = self.messages("receipts", settled, "--idle", "2")
        self.assertEqual((code, json.loads(said)["results"][0]["outcome"]), (0, "accepted"))
        self.assertEqual(self.messages("receipts", lost, "--idle", "1")[0], 1)
        worker.terminate()
        self.assertEqual(worker.wait(45), 0)

    def test_messages_discards_what_is_parked_held_or_waits(self):
        channel = self.fleet.channel()
        worker = self.worker()
        # No job can be read from the first, nor told of.
        self.fleet.publish(channel, VENDOR, "chat", "a-token", kind="chat.wave", id="unread")
        until("it is parked", lambda: self.messages("look", f"push.parked.{VENDOR}")[1])
        code, said, done = self.messages("discard", f"push.parked.{VENDOR}")
        self.assertEqual((code, said.split("\t")[:2]), (0, ["unread", "unreadable"]))
        self.assertIn("0 given to the workers to discard, 1 removed, 0 left", done)
        self.assertEqual(self.messages("look", f"push.parked.{VENDOR}")[1], "")
        # Nor from what a newer worker wrote, but there may be one; nobody at all serves the last.
        newer, lost = str(uuid.uuid4()), self.fleet.publish(channel, VENDOR, "nobody", "a-token")
        self.fleet.publish(channel, VENDOR, "chat", "b-token", id=newer, headers={"x-push-v": 2})
        until("it is parked", lambda: newer in self.messages("look", f"push.parked.{VENDOR}")[1])
        self.assertIn("0 given to the workers to discard, 0 removed, 1 left", self.messages("discard", f"push.parked.{VENDOR}")[2])
        self.assertIn(newer, self.messages("look", f"push.parked.{VENDOR}")[1])
        code, said, done = self.messages("discard", "push.parked.unrouted")
        self.assertEqual((code, said.split("\t")[:2]), (0, [lost, "unrouted"]))
        self.assertIn("1 removed", done)
        worker.terminate()
        self.assertEqual(worker.wait(45), 0)

        waits = self.fleet.publish(channel, VENDOR, "chat", "b-token")
        held = str(uuid.uuid4())
        queue = f"push.held.{VENDOR}.chat.test"
        self.fleet.publish(channel, VENDOR, "chat", "c-token", id=held, test=True, exchange="", key=queue,
                           headers={"x-push-v": 1, "x-push-gen": 0, "x-push-lane": "low"})
        self.assertEqual(self.messages("discard", queue, "--job", held)[0], 2)
        for wrong in (["discard", "push.receipts"], ["discard", "other.push.parked.unrouted"], ["look", queue, "--prefix", "other."]):
            self.assertEqual(self.messages(*wrong)[0], 2, wrong)
        for of in (f"push.jobs.{VENDOR}.normal.chat", queue):
            self.assertIn("1 given to the workers to discard", self.messages("discard", of)[2])
        self.worker()
        for job, lane in ((waits, "normal"), (held, "low")):
            said = until("its receipt", lambda job=job: self.messages("receipts", job, "--idle", "1")[1])
            receipt = json.loads(said)
            result = receipt["results"][0]
            self.assertEqual((receipt["lane"], result["outcome"], result["reason"]), (lane, "discarded", "discarded_by_operator"))


if __name__ == "__main__":
    unittest.main()
