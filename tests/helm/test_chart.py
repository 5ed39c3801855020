"""The chart, rendered by Helm's own engine."""

import functools
import json
import pathlib
import re
import subprocess
import tempfile
import tomllib
import unittest

import helm_python
import jsonschema
import kubernetes_validate
import values_schema
import yaml
from chart import BINARIES, CHART, ROOT, example, loaded, mount, over, render, stack_apps, stack_values, vendors

LAPTOP = example("laptop")
PRODUCTION = example("production")
REDIS = {"redis": {"urlSecret": {"name": "push-redis"}}}
# It reads the schemas' files again for each object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)
KUBERNETES = ["1.27", "1.31", "1.34", "1.37"]



def closed(required, **properties):
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def listed(items):
    return {"type": "array", "minItems": 1, "items": items}


TEXT, TEXTS, COUNT = {"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}, {"type": "integer"}
# Kinds of others, which kubernetes-validate does not know: the fields that the chart uses, under the names that their
# definitions have.
CUSTOM = {
    "PodMonitor": closed(
        ["selector", "podMetricsEndpoints"],
        selector=closed(["matchLabels"], matchLabels=TEXTS),
        podMetricsEndpoints=listed(closed(
            ["port"], port=TEXT, path=TEXT, interval=TEXT, honorLabels={"type": "boolean"},
            relabelings=listed(closed(["sourceLabels", "targetLabel"], sourceLabels=listed(TEXT), targetLabel=TEXT)),
        )),
    ),
    "PrometheusRule": closed(["groups"], groups=listed(closed(["name", "rules"], name=TEXT, rules=listed(closed(
        ["alert", "expr"], **{"for": TEXT}, alert=TEXT, expr=TEXT, labels=TEXTS, annotations=TEXTS,
    ))))),
    "ScaledObject": closed(
        ["scaleTargetRef", "triggers"],
        scaleTargetRef=closed(["name"], name=TEXT),
        minReplicaCount=COUNT, maxReplicaCount=COUNT, pollingInterval=COUNT,
        fallback=closed(["failureThreshold", "replicas"], failureThreshold=COUNT, replicas=COUNT),
        advanced=closed([], horizontalPodAutoscalerConfig=closed([], behavior={"type": "object"})),
        triggers=listed(closed(["type", "metadata"], type=TEXT, metadata=TEXTS, authenticationRef=closed(["name"], name=TEXT))),
    ),
    "TriggerAuthentication": closed(
        ["secretTargetRef"], secretTargetRef=listed(closed(["parameter", "name", "key"], parameter=TEXT, name=TEXT, key=TEXT))
    ),
}

MATRIX = {
    "laptop": LAPTOP,
    "production": PRODUCTION,
    "with redis": over(LAPTOP, over(REDIS, {"defaults": {"replicas": 3}})),
    "cpu": over(PRODUCTION, {"defaults": {"autoscaling": {"by": "cpu"}}}),
    "one vendor scales otherwise": over(PRODUCTION, {"vendors": {"apns": {"autoscaling": {"by": "cpu", "max": 3}}}}),
    "operator's topology": over(LAPTOP, {"topology": {"by": "operator"}}),
    "a ninth vendor": over(LAPTOP, {"vendors": {"parcel": {"enabled": True, "apps": {"chat": {"settings": {"id": "1"}}}}}}),
    "everything said": over(
        PRODUCTION,
        {
            "fullnameOverride": "fleet",
            "defaults": {
                "nodeSelector": {"pool": "push"},
                "tolerations": [{"key": "push", "operator": "Exists"}],
                "affinity": {"nodeAffinity": {}},
                "priorityClassName": "high",
                "podAnnotations": {"a/b": "c"},
                "podLabels": {"team": "push"},
                "env": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
            },
            "settings": {"amqp": {"prefix": "p."}, "worker": {"drain_ms": 60500, "aim": 0.5}, "log": {"level": "warn"}},
            "serviceAccount": {"annotations": {"a": "b"}},
            "monitoring": {"rules": {"disabled": ["PushStoreDown"], "rabbitmq": False}},
            "networkPolicy": {"vendorsTo": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "vendorPorts": [443, 2197]},
        },
    ),
}

# Values that are wrong, and words of the message that says so.
WRONG = {
    "a typo": ({"imagee": {}}, ["imagee"]),
    "a typo in a stanza": ({"vendors": {"huawei": {"replica": 2}}}, ["replica"]),
    "no image": ({"image": {"repository": ""}}, ["image.repository"]),
    "a digest that is none": ({"image": {"digest": "sha256:12"}}, ["digest"]),
    "no broker": ({"rabbitmq": {"urlSecret": {"name": ""}}}, ["rabbitmq.urlSecret.name"]),
    "no vendor": ({"vendors": {"huawei": {"enabled": False}}}, ["vendors.<vendor>.enabled"]),
    "no apps": ({"vendors": {"apns": {"enabled": True}}}, ["vendors.apns", "no apps"]),
    "many workers without Redis": ({"defaults": {"replicas": 2}}, ["redis.urlSecret.name", "vendors.huawei"]),
    "two ways to scale": ({"defaults": {"autoscaling": {"by": "cpu,queues"}}}, ["autoscaling"]),
    "more than the limit feeds": (
        over(REDIS, {"vendors": {"huawei": {"autoscaling": {"by": "cpu", "min": 9, "max": 10}}}}),
        ["vendors.huawei.autoscaling.min", "at most 4"],
    ),
    "a secret among the settings": (
        {"vendors": {"huawei": {"apps": {"chat": {"settings": {"client_secret": "hush"}}}}}},
        ["vendors.huawei.apps.chat.settings.client_secret"],
    ),
    "a secret's value": (
        {"vendors": {"huawei": {"apps": {"chat": {"secrets": {"client_secret": "hush"}}}}}},
        ["client_secret"],
    ),
    "a secret without its key": (
        {"vendors": {"huawei": {"apps": {"chat": {"secrets": {"other": {"name": "push-chat"}}}}}}},
        ["other", "key"],
    ),
    "an app's name": ({"vendors": {"huawei": {"apps": {"My App": {}}}}}, ["My App"]),
    "a vendor's name": ({"vendors": {"Huawei": {"enabled": False}}}, ["Huawei"]),
    "a setting that is none": ({"settings": {"worker": {"attemps": 3}}}, ["attemps"]),
    "a setting out of range": ({"settings": {"worker": {"attempts": 0}}}, ["attempts"]),
    "an address among the settings": ({"settings": {"amqp": {"url": "amqp://u:hush@h/"}}}, ["url"]),
    "who makes queues": ({"topology": {"by": "magic"}}, ["topology"]),
    "a topology job without an image": ({"topology": {"by": "job"}}, ["topology.job.image"]),
    "a password in an address": ({"topology": {"job": {"url": "https://u:p@h"}}}, ["url"]),
    "a budget that blocks drains": ({"podDisruptionBudget": {"maxUnavailable": 0}}, ["maxUnavailable"]),
}


def workers(objects):
    return {name: item for (kind, name), item in objects.items() if kind == "Deployment"}


def pods(objects):
    for (kind, name), item in objects.items():
        if kind == "Pod":
            yield name, item["spec"]
        elif kind in ("Deployment", "Job"):
            yield name, item["spec"]["template"]["spec"]


class Rendered(unittest.TestCase):
    def test_every_object_is_valid_strictly(self):
        for case, values in MATRIX.items():
            for (kind, name), item in render(values).items():
                self.assertLessEqual(len(name), 63, name)
                if kind in CUSTOM:
                    with self.subTest(case=case, kind=kind, name=name):
                        jsonschema.validate(item["spec"], CUSTOM[kind])
                    continue
                for version in KUBERNETES:
                    with self.subTest(case=case, kind=kind, name=name, kubernetes=version):
                        kubernetes_validate.validate(item, version, strict=True)

    def test_lint_finds_nothing(self):
        for case, values in MATRIX.items():
            with self.subTest(case=case):
                found = helm_python.lint(CHART, values, strict=True)
                worst = [m for m in found.get("messages", []) if "icon is recommended" not in str(m)]
                self.assertEqual(worst, [], found)

    def test_wrong_values_are_refused_with_the_reason(self):
        for case, (change, words) in WRONG.items():
            with self.subTest(case=case):
                with self.assertRaises(helm_python.HelmError) as caught:
                    values = over(LAPTOP, change)
                    loaded().validate_schema(values)
                    render(values)
                for word in words:
                    self.assertIn(word, str(caught.exception))
                self.assertNotIn("hush", str(caught.exception))

    def test_the_schema_is_up_to_date(self):
        self.assertEqual(values_schema.PATH.read_text(), values_schema.text(), "run: make schemas")

    def test_one_deployment_for_each_enabled_vendor(self):
        self.assertEqual(list(workers(render(LAPTOP))), ["push-push-fleet-huawei"])
        names = [f"push-push-fleet-{vendor}" for vendor in vendors()]
        self.assertEqual(sorted(workers(render(PRODUCTION))), names)
        self.assertIn("push-push-fleet-parcel", workers(render(MATRIX["a ninth vendor"])))

    def test_nothing_but_stanzas_names_a_vendor(self):
        for path in (CHART / "templates").rglob("*"):
            if path.is_file():
                text = path.read_text()
                for vendor in vendors():
                    self.assertIsNone(re.search(rf"\b{vendor}\b", text), f"{vendor} in {path}")
        self.assertEqual(sorted(yaml.safe_load((CHART / "values.yaml").read_text())["vendors"]), vendors())

    def test_pods_have_no_rights(self):
        for case, values in MATRIX.items():
            for name, pod in pods(render(values)):
                with self.subTest(case=case, pod=name):
                    self.assertIs(pod["automountServiceAccountToken"], False)
                    self.assertIs(pod["securityContext"]["runAsNonRoot"], True)
                    self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                    for container in pod["containers"]:
                        rights = container["securityContext"]
                        self.assertIs(rights["readOnlyRootFilesystem"], True)
                        self.assertIs(rights["allowPrivilegeEscalation"], False)
                        self.assertEqual(rights["capabilities"], {"drop": ["ALL"]})
                        for variable in container.get("env", ()):
                            self.assertNotIn("valueFrom", variable, "secrets are files")
                        for mounted in container["volumeMounts"]:
                            self.assertTrue(mounted["readOnly"])
                            self.assertNotIn("subPath", mounted, "such a mount never changes")

    def test_grace_is_longer_than_the_drain(self):
        for values, drain in ((LAPTOP, 25), (MATRIX["everything said"], 60.5)):
            for worker in workers(render(values)).values():
                self.assertGreater(worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], drain + 10)

    def test_one_scaler_and_no_fixed_replicas_beside_it(self):
        for case, values in MATRIX.items():
            objects = render(values)
            for name, worker in workers(objects).items():
                with self.subTest(case=case, worker=name):
                    scalers = [kind for kind in ("HorizontalPodAutoscaler", "ScaledObject") if (kind, name) in objects]
                    self.assertLessEqual(len(scalers), 1)
                    self.assertNotEqual("replicas" in worker["spec"], bool(scalers))

    def test_scaling_reads_what_is_there_without_workers_and_stops_at_the_limit(self):
        objects = render(PRODUCTION)
        scaled = objects["ScaledObject", "push-push-fleet-xiaomi"]["spec"]
        self.assertEqual({trigger["type"] for trigger in scaled["triggers"]}, {"rabbitmq"})
        queues = [trigger["metadata"]["queueName"] for trigger in scaled["triggers"]]
        self.assertEqual(queues, [f"push.jobs.xiaomi.{lane}.chat" for lane in ("high", "normal", "low")])
        # 500 a second at 0.85 feed one worker of 3000; two more are spare.
        self.assertEqual(scaled["maxReplicaCount"], 3)
        trigger = objects["TriggerAuthentication", "push-push-fleet-rabbitmq"]["spec"]["secretTargetRef"]
        self.assertEqual(trigger, [{"parameter": "host", "name": "push-rabbitmq", "key": "url"}])

    def test_workers_know_how_many_they_may_be(self):
        for values, most in ((MATRIX["with redis"], 3), (PRODUCTION, 4), (over(PRODUCTION, {"settings": {"worker": {"replicas": 9}}}), 9)):
            text = render(values)["ConfigMap", "push-push-fleet-huawei"]["data"]["push.toml"]
            self.assertEqual(tomllib.loads(text)["worker"]["replicas"], most)

    def test_an_apps_settings_change_without_a_restart(self):
        def template(change):
            objects = render(over(over(LAPTOP, REDIS), change))
            return objects["Deployment", "push-push-fleet-huawei"]["spec"]["template"]

        before = template({})
        self.assertEqual(before, template({"vendors": {"huawei": {"apps": {"chat": {"settings": {"ttl_max_seconds": 9}}}}}}))
        self.assertNotEqual(before, template({"settings": {"worker": {"attempts": 3}}}))

    def test_budgets_and_selectors_meet_their_workers(self):
        objects = render(PRODUCTION)
        for name, worker in workers(objects).items():
            labels = worker["spec"]["template"]["metadata"]["labels"]
            for selector in (worker["spec"]["selector"], objects["PodDisruptionBudget", name]["spec"]["selector"],
                             objects["PodMonitor", "push-push-fleet"]["spec"]["selector"],
                             objects["NetworkPolicy", "push-push-fleet"]["spec"]["podSelector"]):
                self.assertLessEqual(selector["matchLabels"].items(), labels.items())

    def test_rules_are_those_of_the_files(self):
        groups = render(PRODUCTION)["PrometheusRule", "push-push-fleet"]["spec"]["groups"]
        files = sorted((CHART / "rules").glob("*.rules.yml"))
        given = [rule for file in files for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]
        rendered = [rule for group in groups for rule in group["rules"]]
        self.assertEqual([rule["expr"] for rule in rendered], [rule["expr"] for rule in given])
        for rule in rendered:
            self.assertEqual(rule["annotations"]["runbook_url"],
                             f"https://runbooks.example.com/push-fleet#{rule['alert'].lower()}")
        groups = render(MATRIX["everything said"])["PrometheusRule", "fleet"]["spec"]["groups"]
        alerts = [rule["alert"] for group in groups for rule in group["rules"]]
        self.assertNotIn("PushStoreDown", alerts)
        self.assertFalse([alert for alert in alerts if alert.startswith("PushQueue")], alerts)

    def test_the_topology_is_that_of_the_schemas(self):
        shipped = json.loads((ROOT / "schemas/definitions.json").read_text())
        values = over(LAPTOP, {"topology": {"by": "operator"}, "vendors": {"huawei": {"quotas": ["test"], "apps": {"shop": {}}}}})
        rendered = json.loads(render(values)["ConfigMap", "push-push-fleet-topology"]["data"]["definitions.json"])
        for what in ("exchanges", "queues", "bindings"):
            order = lambda item: json.dumps(item, sort_keys=True)
            self.assertEqual(sorted(rendered[what], key=order), sorted(shipped[what], key=order), what)


class Settings(unittest.TestCase):
    """The rendered settings file, read by the workers themselves."""

    def check(self, vendor, values, secrets):
        with tempfile.TemporaryDirectory() as root:
            secrets = {"push-rabbitmq": {"url": "amqp://h/%2f"}, "push-redis": {"url": "redis://h"}, **secrets}
            path = mount(render(values), vendor, secrets, root)
            text = path.read_text()
            done = subprocess.run([BINARIES / f"push-{vendor}", "--check-config"], env={"PUSH_CONFIG": str(path)},
                                  capture_output=True, text=True)
            return done, tomllib.loads(text)

    def test_every_worker_takes_its_settings(self):
        for vendor in vendors():
            with self.subTest(vendor=vendor), tempfile.NamedTemporaryFile("w", suffix=".pem") as authority:
                places = {"sim": "http://sim", "sim_tls": "https://sim", "authority_file": authority.name}
                authority.write(AUTHORITY)
                authority.flush()
                values, secrets = stack_values(vendor, places)
                done, text = self.check(vendor, values, secrets)
                self.assertEqual((done.returncode, done.stdout), (0, f"settings are good: 2 app(s) for {vendor}\n"), done)
                for app, entry in values["vendors"][vendor]["apps"].items():
                    given = {key: value for key, value in text["apps"][app][vendor].items() if not (
                        key.endswith("_file") and key.removesuffix("_file") in entry["secrets"])}
                    self.assertEqual(given, entry["settings"])

    def test_the_example_of_production_is_taken(self):
        secrets = {}
        for vendor, stanza in PRODUCTION["vendors"].items():
            # Some must be real keys: those of the demo stack.
            keys = stack_apps(vendor, {})["chat"][2]
            for setting, place in stanza["apps"]["chat"]["secrets"].items():
                secrets.setdefault(place["name"], {})[place["key"]] = keys[setting]
        for vendor in vendors():
            with self.subTest(vendor=vendor):
                done, _ = self.check(vendor, PRODUCTION, secrets)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_settings_of_the_process_arrive_as_they_are(self):
        settings = {"amqp": {"prefix": 'q"\\ü<', "prefetch": 7}, "worker": {"bytes_in_flight": 123456789, "aim": 1},
                    "claims": {"window_ms": 86400000}, "breaker": {"share": 0.25}}
        values, secrets = stack_values("honor", {"sim": "http://sim"})
        done, text = self.check("honor", over(values, {"settings": settings}), secrets)
        self.assertEqual(done.returncode, 0, done)
        for section, keys in settings.items():
            self.assertLessEqual(keys.items(), text[section].items())

    def test_what_a_worker_refuses_names_the_key(self):
        values, secrets = stack_values("honor", {"sim": "http://sim"})
        wrong = over(values, {"vendors": {"honor": {"apps": {"chat": {"settings": {"no_such_key": 1}}}}}})
        done, _ = self.check("honor", wrong, secrets)
        self.assertEqual(done.returncode, 64)
        self.assertIn("apps.chat.honor.no_such_key", done.stderr)


# Of no use to anybody: only its form matters here.
AUTHORITY = (pathlib.Path(__file__).with_name("authority.pem")).read_text()

if __name__ == "__main__":
    unittest.main()
