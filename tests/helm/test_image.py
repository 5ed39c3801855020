"""The image's file system, and a worker in it: as the unprivileged user, on a read-only root, with the chart's files mounted."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import unittest

from chart import BINARIES, ROOT, mount, vendors
from fleet import Fleet, until

USER = 65532
VENDOR = "honor"


def privileged():
    """Whether this machine lets us mount and change the root."""
    return os.getuid() == 0 and subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


class Dockerfile(unittest.TestCase):
    text = (ROOT / "Dockerfile").read_text()

    def test_the_last_stage_is_the_folder_that_is_tested(self):
        last = self.text[self.text.rindex("\nFROM "):].strip().splitlines()
        steps = [line for line in last if line and not line.startswith("#")]
        self.assertEqual(steps[:2], ["FROM scratch", "COPY --from=build /rootfs /"])
        self.assertFalse([step for step in steps if step.startswith(("RUN", "ADD"))])
        self.assertIn(f"USER {USER}:{USER}", steps)
        self.assertIn("helm/rootfs.sh /rootfs", self.text)

    def test_the_build_is_locked_and_names_no_vendor_and_no_registry(self):
        for command in re.findall(r"cargo (?:build|install)[^\n]*", self.text):
            self.assertIn("--locked", command)
        for vendor in vendors():
            self.assertIsNone(re.search(rf"\b{vendor}\b", self.text))
        for image in re.findall(r"^FROM (\S+)", self.text, re.MULTILINE):
            self.assertNotIn("/", image)

    def test_the_build_gets_every_folder_of_the_workspace(self):
        given = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
        for needed in ("Cargo.toml", "Cargo.lock", ".cargo", "shared", "workers", "tests", "schemas", "helm/rootfs.sh"):
            self.assertIn(needed, given)


class Image(unittest.TestCase):
    def test_a_worker_of_the_chart_sends_from_the_image(self):
        if not privileged():
            self.skipTest("needs root and mounts: the image's file system is not entered")
        with Fleet() as fleet:
            root = fleet.dir / "rootfs"
            subprocess.run([ROOT / "helm/rootfs.sh", root, BINARIES / f"push-{VENDOR}"], check=True)
            objects, secrets = fleet.objects(VENDOR, {"topology": {"by": "operator"}, "vendors": {VENDOR: {"quotas": ["test"]}}})
            # The operator makes the queues; the worker only verifies them.
            fleet.declare(json.loads(objects["ConfigMap", "push-push-fleet-topology"]["data"]["definitions.json"]))
            pod = objects["Deployment", f"push-push-fleet-{VENDOR}"]["spec"]["template"]["spec"]
            self.assertEqual(pod["securityContext"]["runAsUser"], USER)

            # What the kubelet would mount: readable by the pod's group alone.
            mounted = fleet.dir / "mounted"
            settings = mount(objects, VENDOR, secrets, str(mounted))
            settings.write_text(settings.read_text().replace(str(mounted), ""))
            for path in [mounted, *mounted.rglob("*")]:
                os.chown(path, 0, USER)
                path.chmod(0o750 if path.is_dir() else 0o440)
            for folder in ("proc", "etc/push"):
                (root / folder).mkdir(exist_ok=True)
            fleet.dir.chmod(0o755)
            quoted = {name: shlex.quote(str(path)) for name, path in {"root": root, "mounted": mounted}.items()}
            script = (
                "mount --bind {root} {root} && mount --bind /proc {root}/proc && "
                "mount --bind {mounted}/etc/push {root}/etc/push && mount -o remount,bind,ro {root} && "
                'exec setpriv --no-new-privs --pdeathsig KILL unshare --root {root} --wd / --setgid %d --setuid %d "$@"'
            ).format(**quoted) % (USER, USER)
            wrap = ["unshare", "--mount", "sh", "-euc", script, "sh"]
            address, process = fleet.worker(VENDOR, fleet.dir, "/etc/push/settings/push.toml", wrap)

            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            self.assertRegex(status, rf"Uid:\s+{USER}\s+{USER}")
            self.assertRegex(status, r"CapEff:\s+0+\n")
            self.assertRegex(status, r"NoNewPrivs:\s+1\n")
            mounts = pathlib.Path(f"/proc/{process.pid}/mountinfo").read_text().splitlines()
            self.assertTrue([line for line in mounts if line.split()[4] == "/" and line.split()[5].startswith("ro")], mounts)

            channel = fleet.channel()
            sent = fleet.receipt(channel, fleet.publish(channel, VENDOR, "chat", "a-token"))
            self.assertEqual([result["outcome"] for result in sent["results"]], ["accepted"])

            process.terminate()
            self.assertEqual(process.wait(30), 0)

    def test_a_changed_secret_heals_a_running_worker(self):
        with Fleet() as fleet:
            objects, secrets = fleet.objects(VENDOR)
            good = secrets[f"push-chat-{VENDOR}"]["client_secret"]
            secrets[f"push-chat-{VENDOR}"]["client_secret"] = "no longer good"
            root = str(fleet.dir)
            fleet.worker(VENDOR, root, mount(objects, VENDOR, secrets, root))
            channel = fleet.channel()
            job = fleet.publish(channel, VENDOR, "chat", "a-token")
            log = fleet.dir / f"{VENDOR}.log"
            until("the app is blocked", lambda: "misconfigured" in log.read_text(), 30)
            secrets[f"push-chat-{VENDOR}"]["client_secret"] = good
            mount(objects, VENDOR, secrets, root)
            self.assertEqual(fleet.receipt(channel, job)["results"][0]["outcome"], "accepted")


if __name__ == "__main__":
    unittest.main()
