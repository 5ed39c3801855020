"""The simulator of Xiaomi, and a client that is not ours: xiaomi-push."""

import hashlib
import json
import unittest
import uuid

from stage import VendorTests

# Both as real ones end: a + that is not encoded becomes a space, and a stripped = is another secret.
SECRET = "a+b/c=="
TOKEN = "reg+A/1=="
PACKAGE = "com.example.chat"
CHANNELS = {
    "138001": {"class": "private", "templates": {"T100023": ["sender", "text"]}},
    "138010": {"class": "public"},
}


class XiaomiPush(VendorTests):
    def setUp(self):
        super().setUp()
        # The app is found by its secret.
        self.secret = f"{self.app}{SECRET}"
        self.sim.register("xiaomi", self.app, app_secret=self.secret, packages=[PACKAGE], channels=CHANNELS)

    def send(self, *tokens, app_secret=None, **changed):
        push = {**self.push(), **changed, "tokens": tokens or [TOKEN]}
        return push, self.sim.run("send_xiaomi_push.js", push=push, app_secret=app_secret or self.secret)

    def push(self):
        job = str(uuid.uuid4())
        template = {"channel_id": "138001", "template_id": "T100023", "notify_effect": "1"}
        values = json.dumps({"sender": "李雷", "text": "晚上一起吃饭吗"}, ensure_ascii=False)
        return {
            "title": "李雷 & Alice",
            "body": "晚上一起吃饭吗? 100% +1",
            "payload": json.dumps({"job": job, "conv": "42 & ü"}, ensure_ascii=False),
            "notify_id": 88,
            "ttl_ms": 3_600_000,
            "package": PACKAGE,
            "extra": {**template, "template_param": values},
            "job": job,
        }

    def test_a_message_is_taken_as_it_was_sent(self):
        push, said = self.send()
        self.assertEqual((said["answer"]["code"], said["answer"]["result"]), (0, "ok"))
        self.assertTrue(said["answer"]["data"]["id"])
        (line,) = self.sim.seen(self.app)
        digest = hashlib.sha256(push["payload"].encode()).hexdigest()[:16]
        wanted = {"code": "0", "accepted": True, "delivered": True, "api": "send", "class": "private"}
        self.assert_seen(line, token=TOKEN, job=push["job"], collapse="88", ttl_seconds=3600, **wanted)
        self.assert_seen(line, title_chars=10, ext_digest=digest, degraded_to=None, silent=None)

    def test_a_list_goes_in_one_call_and_its_bad_ids_are_named(self):
        tokens = [TOKEN, "dead-1", "reg+B/2=="]
        push, said = self.send(*tokens, extra={"channel_id": "138010", "notify_effect": "1"})
        self.assertEqual((said["answer"]["code"], said["answer"]["data"]["bad_regids"]), (0, "dead-1"))
        lines = self.sim.seen(self.app)
        self.assertEqual([line["token"] for line in lines], tokens)
        self.assertEqual([line["accepted"] for line in lines], [True, False, True])
        self.assertEqual({line["call"] for line in lines}, {lines[0]["call"]})
        self.assertEqual({line["job"] for line in lines}, {push["job"]})

    def test_a_dead_token_alone_leaves_no_valid_target(self):
        push, said = self.send("dead-1")
        self.assertEqual((said["refusal"]["code"], said["refusal"]["reason"]), (20301, "No valid targets!"))
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, token="dead-1", job=push["job"], code="20301", accepted=False)

    def test_a_wrong_secret_is_refused(self):
        _, said = self.send(app_secret=self.secret.rstrip("="))
        self.assertEqual(said["refusal"]["code"], 21301)
        self.assertEqual(self.sim.seen(self.app), [])

    def test_an_unknown_channel_is_refused(self):
        _, said = self.send(extra={"channel_id": "999", "notify_effect": "1"})
        self.assertEqual(said["refusal"]["code"], 27001)

    def test_a_package_of_another_app_is_refused(self):
        _, said = self.send(package="com.example.other")
        self.assertEqual(said["refusal"]["code"], 22022)


if __name__ == "__main__":
    unittest.main()
