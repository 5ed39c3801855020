"""What the tests of the chart share: rendering, values that are good, and the places of what was built."""

import copy
import functools
import json
import os
import pathlib

import helm_python
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/push-fleet"
BINARIES = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"


@functools.cache
def loaded():
    return helm_python.Chart.load(CHART)


def render(values, name="push", namespace="messaging"):
    """Every object that the chart makes of `values`, by (kind, name)."""
    files = loaded().render(values, name=name, namespace=namespace)
    objects = {}
    for path, text in files.items():
        if path.endswith(".txt"):
            continue
        for document in yaml.safe_load_all(text):
            if document:
                key = (document["kind"], document["metadata"]["name"])
                assert key not in objects, f"{key} twice"
                objects[key] = document
    return objects


def example(name):
    return yaml.safe_load((CHART / f"examples/{name}.yaml").read_text())


def over(base, change):
    """`change` laid over `base`, key by key."""
    result = copy.deepcopy(base)
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = over(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def vendors():
    """The vendors that the workspace has workers of."""
    return sorted(path.parent.name for path in ROOT.glob("workers/*/Cargo.toml"))


def stack_apps(vendor, places):
    """What the demo stack tells simulator and worker of a vendor's apps: app -> (register, settings, secrets)."""
    import tomllib

    plans = tomllib.loads((ROOT / f"workers/{vendor}/stack.toml").read_text())

    def fill(table):
        def one(value):
            if isinstance(value, str):
                for place, text in places.items():
                    value = value.replace("{" + place + "}", text)
            return value

        return {key: one(value) for key, value in table.items()}

    return {app: (fill(plan["register"]), fill(plan["settings"]), plan.get("secrets", {})) for app, plan in plans.items()}


def stack_values(vendor, places):
    """Values for one vendor as in the demo stack, and the data of the Secrets they refer to: secret -> key -> text."""
    apps, secrets = {}, {}
    for app, (_, settings, own) in stack_apps(vendor, places).items():
        name = f"push-{app}-{vendor}"
        secrets[name] = own
        apps[app] = {"settings": settings, "secrets": {key: {"name": name, "key": key} for key in own}}
    values = over(example("laptop"), {"redis": {"urlSecret": {"name": "push-redis"}}})
    values["vendors"] = {"huawei": {"enabled": False}, vendor: {"enabled": True, "apps": apps}}
    return values, secrets


def mount(objects, vendor, secrets, root, name="push-push-fleet"):
    """Writes the files that the worker of `vendor` would find mounted to `root`, and gives the path of its settings.

    Paths in the settings are made to begin with `root`, since a test has no container's file system.
    """
    pod = objects["Deployment", f"{name}-{vendor}"]["spec"]["template"]["spec"]
    mounts = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    for volume in pod["volumes"]:
        directory = pathlib.Path(f"{root}{mounts[volume['name']]}")
        directory.mkdir(parents=True, exist_ok=True)
        if "configMap" in volume:
            for key, text in objects["ConfigMap", volume["configMap"]["name"]]["data"].items():
                (directory / key).write_text(text.replace("/etc/push/", f"{root}/etc/push/"))
        for source in volume.get("projected", {}).get("sources", ()):
            for item in source["secret"]["items"]:
                path = directory / item["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(secrets[source["secret"]["name"]][item["key"]])
    return pathlib.Path(f"{root}/etc/push/settings/push.toml")


def pretty(value):
    return json.dumps(value, indent=1, sort_keys=True)
