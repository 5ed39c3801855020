"""The simulator of FCM, and Google's own client: firebase-admin, over HTTP/1.1 and over HTTP/2."""

import hashlib
import json
import unittest
import uuid

from credentials import rsa_key
from stage import VendorTests

# google-auth names this as the audience, whatever token_uri the key file has.
AUDIENCE = "https://oauth2.googleapis.com/token"


class FirebaseAdminTests:
    http2 = False
    no_token = ""

    def setUp(self):
        super().setUp()
        self.project = self.app
        self.account = {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": "0123456789abcdef0123456789abcdef01234567",
            "private_key": rsa_key(),
            "client_email": f"push@{self.project}.iam.gserviceaccount.com",
            "token_uri": AUDIENCE,
        }

    def register(self, **settings):
        self.sim.register("fcm", self.app, service_account=json.dumps(self.account), **settings)

    def send(self, push, **account):
        token_uri = f"https://{self.sim.host}:{self.sim.port}/fcm/token"
        account = {**self.account, "token_uri": token_uri, **account}
        return self.sim.run("send_firebase_admin.py", service_account=account, push=push, http2=self.http2)

    def push(self, **changed):
        job = str(uuid.uuid4())
        return {
            "target": {"token": "token-1"},
            "title": "李雷 👋",
            "body": "晚上一起吃饭吗? 100%",
            "ttl_seconds": 3600,
            "tag": "conv-42",
            "badge": 7,
            "ext": json.dumps({"job": job, "conv": "42 & ü"}, ensure_ascii=False),
            "dry_run": False,
            "job": job,
            **changed,
        }

    def test_a_message_is_taken_as_it_was_sent(self):
        self.register()
        push = self.push()
        said = self.send(push)
        self.assertRegex(said["name"], f"^projects/{self.project}/messages/.+")
        (line,) = self.sim.seen(self.app)
        digest = hashlib.sha256(push["ext"].encode()).hexdigest()[:16]
        wanted = {"code": "200", "accepted": True, "delivered": True, "api": "send", "class": "high"}
        self.assert_seen(line, token="token-1", job=push["job"], collapse="conv-42", badge=7, **wanted)
        self.assert_seen(line, title_chars=4, ext_digest=digest, ttl_seconds=3600, silent=None, test=None)
        self.assertEqual(self.sim.counts("fcm", self.app)["auth_calls"], 1)

    def test_an_installation_id_is_a_target_too(self):
        self.register()
        said = self.send(self.push(target={"fid": "cIiDcgMLQV2cJxQqVn7CbL"}))
        self.assertIn("name", said)
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, token="cIiDcgMLQV2cJxQqVn7CbL", accepted=True)

    def test_a_dry_run_delivers_nothing(self):
        self.register()
        said = self.send(self.push(dry_run=True))
        self.assertEqual(said["name"], f"projects/{self.project}/messages/fake_message_id")
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, test=True)

    def test_a_dead_token_is_unregistered(self):
        self.register()
        push = self.push(target={"token": "dead-1"})
        said = self.send(push)
        self.assertEqual((said["error"], said["code"]), ("UnregisteredError", "NOT_FOUND"))
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, token="dead-1", job=push["job"], code="UNREGISTERED", accepted=False)

    def test_a_malformed_token_is_an_invalid_argument(self):
        self.register()
        said = self.send(self.push(target={"token": "malformed-1"}))
        self.assertEqual((said["error"], said["code"]), ("InvalidArgumentError", "INVALID_ARGUMENT"))

    def test_a_token_of_another_project_is_a_mismatch(self):
        self.register()
        said = self.send(self.push(target={"token": "foreign-1"}))
        self.assertEqual((said["error"], said["code"]), ("SenderIdMismatchError", "PERMISSION_DENIED"))

    def test_a_device_that_had_too_many_is_over_its_quota(self):
        self.register()
        said = self.send(self.push(target={"token": "capped-1"}))
        self.assertEqual((said["error"], said["code"]), ("QuotaExceededError", "RESOURCE_EXHAUSTED"))

    def test_a_foreign_key_gets_no_access_token(self):
        self.register()
        said = self.send(self.push(), private_key=rsa_key())
        self.assertEqual(said["error"], self.no_token)
        self.assertIn("invalid_grant: Invalid JWT Signature.", said["text"])
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, api="token", code="invalid_grant", accepted=False)

    def test_an_account_without_the_right_to_send_is_denied(self):
        self.register(may_send=False)
        said = self.send(self.push())
        self.assertEqual((said["error"], said["code"]), ("PermissionDeniedError", "PERMISSION_DENIED"))


class OverHttp1(FirebaseAdminTests, VendorTests):
    http2 = False
    no_token = "RefreshError"


class OverHttp2(FirebaseAdminTests, VendorTests):
    http2 = True
    # The same, wrapped.
    no_token = "UnknownError"


if __name__ == "__main__":
    unittest.main()
