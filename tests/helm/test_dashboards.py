"""Every query of every panel, against a Prometheus that scraped a running fleet: each must return data."""

import json
import re
import shutil
import unittest
import urllib.parse

import dashboards
import yaml
from chart import CHART, mount, vendors
from fleet import Fleet, free_port, get, until
from test_rules import documented, push_metrics

PATHS = sorted((CHART / "dashboards").glob("*.json"))
# Grafana fills these in. The fleet of this test is a minute old at most.
VARIABLES = {"$__rate_interval": "30s", "$__range": "1m", "$namespace": ".*", "$vendor": ".*", "$app": ".*"}
# What happens to these is known by their names: refused for good, busy once and then taken, dead.
TOKENS = ["a-token", "b-token", "busy-1-token", "dead-token"]


def queries():
    """(dashboard, panel, query as Prometheus gets it)."""
    for path in PATHS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", ()):
                query = target["expr"]
                for name, value in VARIABLES.items():
                    query = query.replace(name, value)
                yield path.stem, panel["title"], query


class Dashboards(unittest.TestCase):
    def test_the_files_are_up_to_date(self):
        for path, text in dashboards.files().items():
            self.assertEqual(path.read_text(), text, "run: python3 tests/helm/dashboards.py write")

    def test_panels_have_a_place_and_metrics_that_exist(self):
        for path in PATHS:
            taken = set()
            for panel in json.loads(path.read_text())["panels"]:
                at = panel["gridPos"]
                cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
                self.assertFalse(cells & taken, panel["title"])
                self.assertLessEqual(at["x"] + at["w"], dashboards.WIDTH, panel["title"])
                taken |= cells
                for target in panel.get("targets", ()):
                    self.assertLessEqual(push_metrics(target["expr"]), documented(), panel["title"])

    def test_every_query_returns_data(self):
        if not shutil.which("prometheus"):
            self.skipTest("prometheus is not installed: no query is run")
        with Fleet(broker_metrics=True) as fleet:
            workers = {}
            for vendor in vendors():
                root = str(fleet.dir / vendor)
                objects, secrets = fleet.objects(vendor, {"topology": {"by": "operator"}})
                # The worker verifies that the chart's list of its queues is whole.
                fleet.declare(json.loads(objects["ConfigMap", "push-push-fleet-topology"]["data"]["definitions.json"]))
                settings = mount(objects, vendor, secrets, root)
                workers[vendor], _ = fleet.worker(vendor, root, settings)
            address = self.prometheus(fleet, list(workers.values()), fleet.broker_metrics)
            channel = fleet.channel()

            def load():
                for vendor in workers:
                    for token in TOKENS:
                        job = fleet.publish(channel, vendor, "chat", token)
                        # Once more, as a producer does that did not see the confirm.
                        fleet.publish(channel, vendor, "chat", token, id=job)

            # Rates need a series twice: traffic goes on while we ask.
            missing = list(queries())
            self.assertGreater(len(missing), 60)

            def answered():
                load()
                missing[:] = [query for query in missing if not self.ask(address, query[2])]
                return not missing

            # What the alerts read of RabbitMQ, under the names that it has.
            alerts = (CHART / "rules/rabbitmq.rules.yml").read_text()
            for name in set(re.findall(r"rabbitmq_detailed_\w+", alerts)):
                missing.append(("alerts", name, name))

            try:
                until("every query returns data", answered, 45)
            except AssertionError:
                self.fail("no data for:\n" + "\n".join(" / ".join(query) for query in missing))

    def prometheus(self, fleet, workers, broker):
        config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [
            {"job_name": "push", "static_configs": [{"targets": workers}]},
            # As the runbook says.
            {"job_name": "rabbitmq", "metrics_path": "/metrics/detailed", "static_configs": [{"targets": [broker]}],
             "params": {"family": ["queue_coarse_metrics", "queue_consumer_count"]}},
        ]}
        (fleet.dir / "prometheus.yml").write_text(yaml.safe_dump(config))
        address = f"127.0.0.1:{free_port()}"
        log = open(fleet.dir / "prometheus.log", "w")
        self.addCleanup(log.close)
        fleet.start(["prometheus", f"--config.file={fleet.dir}/prometheus.yml", f"--storage.tsdb.path={fleet.dir}/tsdb",
                     f"--web.listen-address={address}"], stdout=log, stderr=log)
        until("Prometheus is ready", lambda: get(f"http://{address}/-/ready")[0] == 200)
        return address

    def ask(self, address, query):
        """Whether there is a sample that is a number."""
        status, text = get(f"http://{address}/api/v1/query?" + urllib.parse.urlencode({"query": query}))
        self.assertEqual(status, 200, (query, text))
        return any(sample["value"][1] != "NaN" for sample in json.loads(text)["data"]["result"])


if __name__ == "__main__":
    unittest.main()
