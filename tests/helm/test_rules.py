"""Alerts, their tests and the runbook belong together."""

import re
import unittest

import yaml
from chart import CHART, ROOT

FILES = sorted((CHART / "rules").glob("*.rules.yml"))
RULES = [rule for file in FILES for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def documented():
    """The metrics of docs/metrics.md."""
    return set(re.findall(r"^\| `(push_[a-z_]+)`", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE))


def push_metrics(expression):
    return {name if name in documented() else SUFFIX.sub("", name) for name in re.findall(r"\bpush_[a-z_]+", expression)}


class Rules(unittest.TestCase):
    def test_every_metric_is_one_that_workers_have(self):
        known = documented()
        self.assertGreater(len(known), 30)
        for rule in RULES:
            self.assertLessEqual(push_metrics(rule["expr"]), known, rule["alert"])

    def test_every_alert_is_tested(self):
        tests = (CHART / "rules/push-fleet.rules-test.yml").read_text()
        for rule in RULES:
            self.assertRegex(tests, rf'alertname(="|: ){rule["alert"]}\b', rule["alert"])

    def test_every_alert_has_its_entry_and_no_entry_is_left_over(self):
        entries = re.findall(r"^## (\w+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)
        self.assertEqual(sorted(entries), sorted(rule["alert"] for rule in RULES))

    def test_every_alert_says_how_bad_it_is_and_what_it_is(self):
        for rule in RULES:
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
            self.assertEqual(set(rule["annotations"]), {"summary", "description"})


if __name__ == "__main__":
    unittest.main()
