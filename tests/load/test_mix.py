"""What the mix promises to the judge. `python3 -m unittest` in this folder; needs no broker and no pika."""

import json
import unittest
from collections import Counter

from bad import READABLE, SORTS, UNROUTED
from content import FATES
from messages import KINDS
from mix import Mix


def messages(jobs, targets, seed=7):
    return list(Mix(jobs, targets, ["huawei", "parcel", "apns"], ["chat", "shop"], seed).messages())


class TheMix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.all = messages(6000, 20000)
        cls.once = [sent for sent in cls.all if not sent.repeat]
        cls.good = [(sent, json.loads(sent.body)) for sent in cls.once if not sent.bad]

    def test_it_is_as_large_as_asked(self):
        self.assertEqual(len(self.once), 6000)
        self.assertEqual(len({sent.id for sent in self.once}), 6000)
        self.assertGreaterEqual(sum(len(sent.tokens) for sent in self.once), 20000)
        self.assertRaises(ValueError, messages, 5, 100000)

    def test_it_has_everything(self):
        self.assertEqual({job["kind"] for _, job in self.good}, set(KINDS))
        self.assertEqual({sent.lane for sent, _ in self.good}, {"high", "normal", "low"})
        self.assertEqual({sent.bad for sent in self.once if sent.bad}, set(SORTS))
        self.assertEqual({sent.app for sent, _ in self.good}, {"chat", "shop"})
        self.assertTrue(any(len(sent.tokens) == 1000 for sent, _ in self.good))
        targets = [target for _, job in self.good for target in job["targets"]]
        self.assertEqual({target.get("type") for target in targets}, {None, "voip", "next"})
        for fate in FATES:
            self.assertTrue(any(target["token"].startswith(fate) for target in targets), fate)
        for field in ("notification", "data", "sender", "collapse", "expires_at", "labels", "silent"):
            having = sum(field in job for _, job in self.good)
            self.assertTrue(0 < having < len(self.good), field)

    def test_the_judge_can_tell_every_push_apart(self):
        owners = {}
        for sent, job in self.good:
            self.assertEqual(job.get("data", {}).get("job", sent.id), sent.id)
            for token in sent.tokens:
                owners.setdefault(token, []).append(job)
        for token, jobs in owners.items():
            self.assertTrue(32 <= len(token) <= 140)
            self.assertTrue(len(jobs) == 1 or all("data" in job and "collapse" in job for job in jobs))

    def test_bad_ones_say_what_must_become_of_them(self):
        for sent in self.once:
            if sent.bad:
                settled = "settled" if sent.bad in READABLE else "parked"
                self.assertEqual(sent.expect, "unrouted" if sent.bad == UNROUTED else settled)
            else:
                self.assertLessEqual(len(sent.body), 256 * 1024)

    def test_a_repeat_is_the_same_message_later(self):
        first = {sent.id: sent for sent in self.once}
        repeats = [sent for sent in self.all if sent.repeat]
        self.assertTrue(repeats)
        for sent in repeats:
            self.assertEqual(sent.body, first[sent.id].body)
            self.assertEqual(sent.routing_key, first[sent.id].routing_key)
        self.assertEqual(max(Counter(sent.id for sent in self.all).values()), 2)

    def test_a_seed_names_a_mix(self):
        def shape(seed):
            return [(sent.kind, sent.bad, len(sent.tokens)) for sent in messages(300, 500, seed)]

        self.assertEqual(shape(1), shape(1))
        self.assertNotEqual(shape(1), shape(2))


if __name__ == "__main__":
    unittest.main()
