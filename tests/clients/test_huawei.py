"""The simulator of Huawei for Android, and a client that is not ours: pyhcm."""

import itertools
import unittest

from stage import VendorTests

# One belongs to one app.
CLIENT_IDS = itertools.count(101234567)
SECRET = "a+b/c=d&e f"
TITLE = "李雷 👋"


class Pyhcm(VendorTests):
    def setUp(self):
        super().setUp()
        self.client_id = str(next(CLIENT_IDS))
        self.sim.register("huawei", self.app, client_id=self.client_id, client_secret=SECRET)

    def send(self, token="token-1", client_secret=SECRET):
        credential = {"client_id": self.client_id, "client_secret": client_secret}
        return self.sim.run("send_pyhcm.py", token=token, title=TITLE, body="晚上一起吃饭吗? 100%", **credential)

    def test_a_notification_is_taken_as_it_was_sent(self):
        self.assertEqual(self.send(), {"sent": True})
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, token="token-1", code="80000000", accepted=True, delivered=True, api="send")
        # It sends neither data nor bi_tag, so no job is named, and no category: that is marketing, without a right.
        self.assert_seen(line, job=None, title_chars=4, ttl_seconds=86400, degraded_to=None, data_only=None)
        self.assertEqual(self.sim.counts("huawei", self.app)["auth_calls"], 1)

    def test_a_dead_token_is_no_success(self):
        self.assertEqual(self.send(token="dead-1"), {"sent": False})
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, token="dead-1", code="80300007", accepted=False)

    def test_a_wrong_secret_is_refused_before_anything_is_sent(self):
        said = self.send(client_secret="a+b/c=d&e g")
        self.assertEqual(said["status"], 400)
        self.assertEqual((said["answer"]["error"], said["answer"]["sub_error"]), (1101, 12304))
        (line,) = self.sim.seen(self.app)
        self.assert_seen(line, api="token", token="", code="1101/12304", accepted=False)


if __name__ == "__main__":
    unittest.main()
