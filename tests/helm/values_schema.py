"""Writes helm/push-fleet/values.schema.json: `python3 tests/helm/values_schema.py write`, called by `make schemas`.

Sections and rules of `settings` are taken from schemas/settings.schema.json, so that the chart refuses what a worker would.
Draft 7, because Helm before 3.18 knows no later one.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATH = ROOT / "helm/push-fleet/values.schema.json"

TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
NAME = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"}
NAME_OR_EMPTY = {"type": "string", "pattern": "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$"}
KEY = {"type": "string", "pattern": "^[-._a-zA-Z0-9]+$"}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
TEXTS = {"type": "object", "additionalProperties": TEXT}
# What Kubernetes defines is validated by Kubernetes.
FOREIGN = {"type": "object"}
PEERS = {"type": "array", "items": FOREIGN}


def table(required=(), **properties):
    """An object that knows these keys and no other."""
    result = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        result["required"] = list(required)
    return result


def settings():
    """The settings of a process, without what the chart sets itself."""
    given = json.loads((ROOT / "schemas/settings.schema.json").read_text())["properties"]
    sections = {}
    for name, section in given.items():
        if name in ("apps", "admin"):
            continue
        properties = {key: rule for key, rule in section["properties"].items() if key not in ("url", "url_file")}
        if name == "amqp":
            del properties["topology"]
        sections[name] = {**section, "properties": properties}
    return {"type": "object", "additionalProperties": False, "properties": sections}


def stanza():
    """The keys that both `defaults` and a vendor may have."""
    resources = table(requests=FOREIGN, limits=FOREIGN, claims={"type": "array"})
    return {
        "replicas": {"type": "integer", "minimum": 0, "maximum": 1000},
        "autoscaling": table(
            by={"enum": ["off", "cpu", "queues"]},
            min={"type": "integer", "minimum": 1},
            max={"type": "integer", "minimum": 1},
            cpuPercent={"type": "integer", "minimum": 1, "maximum": 100},
            secondsOfWork={"type": "integer", "minimum": 1},
        ),
        "capacity": table(
            podPerSecond={"type": "integer", "minimum": 1}, limitPerSecond={"type": "integer", "minimum": 1}
        ),
        "resources": resources,
        "nodeSelector": TEXTS,
        "tolerations": {"type": "array", "items": FOREIGN},
        "affinity": FOREIGN,
        "priorityClassName": TEXT,
        "podAnnotations": TEXTS,
        "podLabels": TEXTS,
        "env": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                # A secret in the environment would be seen in the Deployment, and be old after a rotation.
                "properties": {"name": {"type": "string", "not": {"pattern": "^PUSH_CONFIG$"}}, "value": TEXT,
                               "valueFrom": FOREIGN},
            },
        },
    }


def schema():
    secret = table(required=("name", "key"), name=NAME, key=KEY)
    app = table(
        settings={"type": "object", "propertyNames": {"pattern": "^[a-z0-9_]+$"}},
        secrets={"type": "object", "propertyNames": {"pattern": "^[a-z0-9_]+$"}, "additionalProperties": secret},
    )
    vendor = table(
        enabled=FLAG,
        quotas={"type": "array", "uniqueItems": True, "items": {"type": "string", "pattern": "^[a-z0-9_-]+$"}},
        apps={"type": "object", "propertyNames": {"pattern": "^[a-z0-9_-]{1,40}$"}, "additionalProperties": app},
        **stanza(),
    )
    url = table(name=NAME_OR_EMPTY, key=KEY)
    properties = {
        "image": table(
            repository=TEXT,
            tag=TEXT,
            digest={"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
            pullPolicy={"enum": ["Always", "IfNotPresent", "Never"]},
            pullSecrets={"type": "array", "items": NAME},
        ),
        "rabbitmq": table(urlSecret=url, port=PORT),
        "redis": table(urlSecret=url, port=PORT),
        "settings": settings(),
        "topology": table(
            by={"enum": ["workers", "job", "operator"]},
            vhost=TEXT,
            job=table(image=TEXT, url={"type": "string", "pattern": "^(https?://[^@]+)?$"}, secret=NAME_OR_EMPTY),
        ),
        "defaults": table(**stanza()),
        "vendors": {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z0-9-]{1,20}$"},
            "additionalProperties": vendor,
        },
        "podDisruptionBudget": table(
            enabled=FLAG,
            maxUnavailable={"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[1-9][0-9]?%$"}]},
        ),
        "topologySpread": table(enabled=FLAG, keys={"type": "array", "items": TEXT}),
        "monitoring": table(
            podMonitor=table(enabled=FLAG, interval={"type": "string", "pattern": "^[0-9]+(ms|s|m)$"}, labels=TEXTS),
            rules=table(
                enabled=FLAG, labels=TEXTS, rabbitmq=FLAG, disabled={"type": "array", "items": TEXT}, runbook=TEXT
            ),
            dashboards=table(enabled=FLAG, labels=TEXTS),
        ),
        "networkPolicy": table(
            enabled=FLAG, metricsFrom=PEERS, brokerTo=PEERS, redisTo=PEERS, vendorsTo=PEERS,
            vendorPorts={"type": "array", "items": PORT},
        ),
        "serviceAccount": table(create=FLAG, name=NAME_OR_EMPTY, annotations=TEXTS),
        "fullnameOverride": NAME_OR_EMPTY,
        # What a chart above this one may set for all of its parts.
        "global": FOREIGN,
    }
    top = table(**properties)
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of push-fleet", **top}


def text():
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["write"]:
        sys.exit("usage: values_schema.py write")
    PATH.write_text(text())
