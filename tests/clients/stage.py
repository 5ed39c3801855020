"""push-sim for the tests of one vendor, and clients that are run against it."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "target"
READY = re.compile(r"push-sim listening on (http://\S+) https://(\S+):(\d+)\n")
START_SECONDS = 60
CLIENT_SECONDS = 60

# The control API is on this machine, whatever proxy the environment names.
CONTROL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Sim:
    """A push-sim on free ports. The kernel ends it with us."""

    def __init__(self) -> None:
        command = ["setpriv", "--pdeathsig", "KILL", "--", TARGET / "debug" / "push-sim", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        heard = READY.fullmatch(line)
        if heard is None:
            self.stop()
            raise RuntimeError(f"push-sim said {line!r} instead of where it listens; cargo build -p push-sim builds it")
        self.control, self.host, self.port = heard[1], heard[2], int(heard[3])
        self.folder = tempfile.TemporaryDirectory()
        self.authority = Path(self.folder.name) / "authority.pem"
        self.authority.write_bytes(self._call("authority"))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def register(self, vendor: str, app: str, **settings: object) -> None:
        self._call("apps", {"vendor": vendor, "app": app, **settings})

    def seen(self, app: str) -> list[dict]:
        """What the vendor saw of an app. A line is there before the answer goes out, so nothing is waited for."""
        lines = [json.loads(line) for line in self._call("seen").decode().splitlines()]
        return [line for line in lines if line["app"] == app]

    def counts(self, vendor: str, app: str) -> dict:
        return json.loads(self._call("counts?" + urllib.parse.urlencode({"vendor": vendor, "app": app})))

    def _call(self, path: str, body: dict | None = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        with CONTROL.open(f"{self.control}/control/{path}", data, timeout=START_SECONDS) as answer:
            return answer.read()

    def run(self, script: str, **order: object) -> object:
        """Runs a client with an order on its standard input; gives what it printed.

        Of our environment it sees PATH alone. It trusts push-sim's authority by the variables that OpenSSL, requests
        and Node read. Nothing leaves this machine: for other hosts push-sim is the proxy, which it refuses to be.
        (google-auth asks a second service of Google about every account.)
        """
        authority = str(self.authority)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder.name,
            "NODE_PATH": str(TARGET / "clients" / "node" / "node_modules"),
            "NODE_EXTRA_CA_CERTS": authority,
            "REQUESTS_CA_BUNDLE": authority,
            "SSL_CERT_FILE": authority,
            "HTTPS_PROXY": self.control,
            "HTTP_PROXY": self.control,
            "NO_PROXY": self.host,
        }
        program = "node" if script.endswith(".js") else sys.executable
        order = {"host": self.host, "port": self.port, "authority": authority, **order}
        done = subprocess.run(
            [program, HERE / script],
            input=json.dumps(order),
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=CLIENT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"{script} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)


class VendorTests(unittest.TestCase):
    """One push-sim for all tests of a class, one app for every test."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.sim = Sim()
        cls.addClassCleanup(cls.sim.stop)

    def setUp(self) -> None:
        self.app = self.id().rsplit(".", maxsplit=1)[-1].replace("_", "-")

    def assert_seen(self, line: dict, **wanted: object) -> None:
        """That a line of the seen log says this; it may say more."""
        self.assertEqual({name: line.get(name) for name in wanted}, wanted)
