"""An upgrade with jobs in flight: workers that leave, workers that come, and messages that a newer version wrote."""

import datetime
import json
import threading
import unittest
import uuid

import pika
from chart import mount
from fleet import Fleet, until

VENDOR = "honor"


class Upgrade(unittest.TestCase):
    def setUp(self):
        self.fleet = self.enterContext(Fleet())
        objects, secrets = self.fleet.objects(VENDOR)
        self.root = str(self.fleet.dir)
        self.settings = mount(objects, VENDOR, secrets, self.root)

    def worker(self):
        return self.fleet.worker(VENDOR, self.root, self.settings)

    def test_every_job_ends_once_while_workers_are_replaced(self):
        _, old = self.worker()
        published, stop = [], threading.Event()

        def produce():
            # A channel of its own: pika's are for one thread.
            connection = pika.BlockingConnection(pika.URLParameters(self.fleet.amqp))
            channel = connection.channel()
            channel.confirm_delivery()
            while not stop.is_set():
                published.append(self.fleet.publish(channel, VENDOR, "chat", f"token-{len(published)}"))
            connection.close()

        producer = threading.Thread(target=produce)
        producer.start()
        try:
            for _ in range(2):
                until("some jobs", lambda so_far=len(published): len(published) > so_far + 100)
                # As a rolling upgrade does it: the new one is ready before the old one is told to go.
                _, new = self.worker()
                old.terminate()
                self.assertEqual(old.wait(45), 0)
                old = new
            until("some jobs", lambda so_far=len(published): len(published) > so_far + 100)
        finally:
            stop.set()
            producer.join()

        outcomes, channel = {}, self.fleet.channel()

        def all_ended():
            while (body := channel.basic_get("push.receipts", auto_ack=True)[2]) is not None:
                for receipt in json.loads(body):
                    outcomes.setdefault(receipt["id"], set()).update(result["outcome"] for result in receipt["results"])
            return len(outcomes) == len(published)

        until("a receipt for every job", all_ended, 60)
        self.assertEqual(set(outcomes), set(published))
        self.assertEqual({outcome for one in outcomes.values() for outcome in one}, {"accepted"})

    def test_a_copy_of_a_newer_version_is_parked_and_not_lost(self):
        self.worker()
        channel = self.fleet.channel()
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        job = json.dumps({"v": 1, "id": str(uuid.uuid4()), "app": "chat", "vendor": VENDOR, "targets": [{"token": "a"}],
                          "kind": "chat.direct", "sender": {"id": "u"}, "created_at": now, "notification": {"body": "x"}})
        headers = {"x-push-v": 2, "x-push-gen": 1, "x-push-novelty": "what this version cannot know"}
        properties = pika.BasicProperties(content_type="application/json", delivery_mode=2, headers=headers)
        channel.basic_publish("push.jobs", f"{VENDOR}.normal.chat", job, properties, mandatory=True)

        def parked():
            _, found, body = channel.basic_get(f"push.parked.{VENDOR}", auto_ack=True)
            return found and (found.headers, body)

        found, body = until("it is parked", parked, 30)
        self.assertEqual(body.decode(), job)
        # Whoever puts it back when all are new has all that the newer worker wrote.
        self.assertLessEqual(headers.items(), found.items())


if __name__ == "__main__":
    unittest.main()
