"""The simulator of APNs, and two clients of Apple's that are not ours: @parse/node-apn and aioapns."""

import hashlib
import json
import unittest
import uuid
from pathlib import Path

from credentials import certificate, ec_key
from stage import VendorTests

KEY_ID, TEAM_ID = "ABC123DEFG", "DEF123GHIJ"
TOKEN = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"
DEAD_TOKEN = "deadbeef" + TOKEN[8:]


class ApnsTests:
    script = ""

    def setUp(self):
        super().setUp()
        self.bundle_id = f"com.example.{self.app}"
        self.key = ec_key()

    def register(self, **settings):
        credential = {"key": self.key, "key_id": KEY_ID, "team_id": TEAM_ID}
        self.sim.register("apns", self.app, bundle_id=self.bundle_id, **(settings or credential))

    def send(self, *pushes, **credential):
        credential = credential or {"key": self.key, "key_id": KEY_ID, "team_id": TEAM_ID}
        return self.sim.run(self.script, pushes=pushes, **credential)

    def push(self, **changed):
        job = str(uuid.uuid4())
        return {
            "token": TOKEN,
            "topic": self.bundle_id,
            "type": "alert",
            "priority": 10,
            "id": str(uuid.uuid4()),
            "ttl_seconds": 3600,
            "collapse": "m-9876543210",
            "title": "李雷 👋",
            "body": '晚上一起吃饭吗? "100%"',
            "badge": 7,
            "thread": "conv-42",
            "ext": json.dumps({"job": job, "conv": "42 & ü"}, ensure_ascii=False),
            "job": job,
            **changed,
        }

    def assert_sent(self, said):
        self.assertEqual([word["sent"] for word in said], [1] * len(said), said)

    def test_an_alert_is_taken_as_it_was_sent(self):
        self.register()
        push = self.push()
        self.assert_sent(self.send(push))
        (line,) = self.sim.seen(self.app)
        digest = hashlib.sha256(push["ext"].encode()).hexdigest()[:16]
        wanted = {"code": "200", "accepted": True, "delivered": True, "class": "active", "api": "send"}
        self.assert_seen(line, token=TOKEN, job=push["job"], collapse="m-9876543210", badge=7, **wanted)
        self.assert_seen(line, title_chars=4, ext_digest=digest, mismatch=None, degraded_to=None, silent=None)
        self.assertTrue(0 < line["ttl_seconds"] <= 3600, line)

    def test_a_background_push_is_taken(self):
        self.register()
        push = self.push(type="background", priority=5)
        self.assert_sent(self.send(push))
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, job=push["job"], data_only=True, title_chars=None, **{"class": "background"})

    def test_a_call_is_taken_by_a_voip_push(self):
        credential = {"key": self.key, "key_id": KEY_ID, "team_id": TEAM_ID}
        self.register(granted=["voip"], **credential)
        push = self.push(type="voip", topic=f"{self.bundle_id}.voip")
        self.assert_sent(self.send(push))
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, job=push["job"], accepted=True, **{"class": "voip"})

    def test_pushes_follow_one_another_over_one_connection(self):
        self.register()
        pushes = [self.push(), self.push(token=DEAD_TOKEN), self.push()]
        said = self.send(*pushes)
        self.assertEqual([word["sent"] for word in said], [1, 0, 1])
        lines = self.sim.seen(self.app)
        self.assertEqual([line["job"] for line in lines], [push["job"] for push in pushes])
        self.assertEqual([line["code"] for line in lines], ["200", "Unregistered", "200"])

    def test_a_dead_token_is_unregistered_since_a_time(self):
        self.register()
        push = self.push(token=DEAD_TOKEN)
        (word,) = self.send(push)
        self.assertEqual((word["sent"], word["status"], word["reason"]), (0, 410, "Unregistered"))
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, token=DEAD_TOKEN, job=push["job"], accepted=False)
        # Milliseconds since 1970, before the push.
        self.assertIsInstance(word["since"], int)
        self.assertTrue(10**12 < word["since"] < line["at"], word)

    def test_a_token_that_is_no_hex_is_a_bad_one(self):
        self.register()
        (word,) = self.send(self.push(token="not-a-token"))
        self.assertEqual((word["sent"], word["status"], word["reason"]), (0, 400, "BadDeviceToken"))

    def test_a_foreign_key_is_refused(self):
        self.register()
        (word,) = self.send(self.push(), key=ec_key(), key_id=KEY_ID, team_id=TEAM_ID)
        self.assertEqual((word["sent"], word["status"], word["reason"]), (0, 403, "InvalidProviderToken"))
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, accepted=False, code="InvalidProviderToken")

    def test_another_topic_is_refused(self):
        self.register()
        (word,) = self.send(self.push(topic="com.example.other"))
        self.assertEqual((word["sent"], word["status"], word["reason"]), (0, 400, "BadTopic"))

    def test_a_push_with_a_certificate_is_taken(self):
        self.with_certificate(registered=(shown := certificate(self.bundle_id)), shown=shown)
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, token=TOKEN, accepted=True, code="200")

    def test_a_foreign_certificate_is_refused(self):
        word = self.with_certificate(registered=certificate(self.bundle_id), shown=certificate(self.bundle_id))
        self.assertEqual((word["sent"], word["status"], word["reason"]), (0, 403, "BadCertificate"))

    def with_certificate(self, registered, shown):
        self.register(certificate=registered[0])
        file = Path(self.sim.folder.name) / f"{self.app}.pem"
        file.write_text("".join(shown))
        certificate_pem, key = shown
        (word,) = self.send(self.push(), certificate=certificate_pem, certificate_key=key, certificate_file=str(file))
        return word


class NodeApn(ApnsTests, VendorTests):
    script = "send_node_apn.js"


class Aioapns(ApnsTests, VendorTests):
    script = "send_aioapns.py"


if __name__ == "__main__":
    unittest.main()
