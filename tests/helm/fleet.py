"""A broker, a store and simulators of this test alone, and workers started from what the chart renders."""

import contextlib
import datetime
import json
import os
import pathlib
import random
import select
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid

import pika
from chart import BINARIES, ROOT, mount, over, render, stack_apps, stack_values

START_SECONDS = 90
# As in tests/stack/src/places.rs.
PORTS = range(20000, 32000)
# All of it is on this machine, whatever proxy the environment names.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url):
    """Status and text."""
    try:
        with OPENER.open(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def free_port():
    """One that nobody listens on, below those that the kernel gives to connections: it is still free when it is used."""
    for port in random.sample(PORTS, len(PORTS)):
        with contextlib.suppress(OSError), socket.socket() as taken:
            taken.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no free port among {PORTS}")


def until(what, check, seconds=START_SECONDS):
    """The first true value of `check`, asked again and again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if value := check():
                return value
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


class Fleet:
    """Ends everything that it started when its `with` ends; the kernel does if the test is killed."""

    def __init__(self, broker_metrics=False):
        self.wants_broker_metrics = broker_metrics

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.dir = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT / "target")))
        with contextlib.ExitStack() as undo:
            undo.enter_context(self.stack)
            flags = ["--broker-metrics"] * self.wants_broker_metrics
            serve = self.start([BINARIES / "push-stack", "serve", *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            sim = self.start([BINARIES / "push-sim", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE)
            words = self.line(sim).split()
            self.sim, self.sim_tls = words[3], words[4]
            addresses = json.loads(self.line(serve))
            self.amqp, self.redis = addresses["amqp_url"], addresses["redis_url"]
            self.broker_metrics = addresses.get("broker_metrics")
            self.pids = addresses["pids"]
            authority = self.dir / "authority.pem"
            authority.write_text(get(f"{self.sim}/control/authority")[1])
            self.places = {"sim": self.sim, "sim_tls": self.sim_tls, "authority_file": str(authority)}
            undo.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def start(self, command, stdin=subprocess.DEVNULL, **more):
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command], stdin=stdin, text=True, **more)

        def end():
            process.terminate()
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()

        self.stack.callback(end)
        return process

    def line(self, process):
        ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
        line = process.stdout.readline() if ready else ""
        if not line:
            raise AssertionError(f"{process.args[4:]} said nothing")
        return line

    def objects(self, vendor, change=None):
        """The chart for one vendor with the apps of the demo stack, which the simulator is told of."""
        for app, (register, _, secrets) in stack_apps(vendor, {"sim": self.sim}).items():
            body = json.dumps({**register, **secrets, "vendor": vendor, "app": app}).encode()
            request = urllib.request.Request(f"{self.sim}/control/apps", body, {"content-type": "application/json"})
            OPENER.open(request, timeout=20).close()
        values, secrets = stack_values(vendor, self.places)
        secrets |= {"push-rabbitmq": {"url": self.amqp}, "push-redis": {"url": self.redis}}
        return render(over(values, change or {})), secrets

    def worker(self, vendor, root, settings, wrap=()):
        """Starts a worker with the settings file, and gives the address of its admin port."""
        port = free_port()
        environment = {"PUSH_CONFIG": str(settings), "PUSH__ADMIN__LISTEN": f"127.0.0.1:{port}"}
        program = [*wrap, "/usr/local/bin/push-" + vendor] if wrap else [BINARIES / f"push-{vendor}"]
        log = open(pathlib.Path(root) / f"{vendor}.log", "w")
        self.stack.callback(log.close)
        process = self.start(program, env={**environment, "PATH": os.environ["PATH"]}, stderr=log)

        def ready():
            if process.poll() is not None:
                raise AssertionError(pathlib.Path(log.name).read_text())
            return get(f"http://127.0.0.1:{port}/readyz")[0] == 200

        until(f"{vendor} is ready", ready)
        return f"127.0.0.1:{port}", process

    def rabbitmqctl(self, *words):
        """Runs a command of the broker's own, as this fleet's broker is reached."""
        environments = [pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0") for pid in self.pids]
        found = [one for one in environments if any(entry.startswith("RABBITMQ_NODENAME=") for entry in one)]
        environment = dict(entry.split("=", 1) for entry in found[0] if "=" in entry)
        done = subprocess.run(["/usr/lib/rabbitmq/bin/rabbitmqctl", *words], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done

    def channel(self):
        connection = pika.BlockingConnection(pika.URLParameters(self.amqp))
        self.stack.callback(lambda: connection.is_open and connection.close())
        channel = connection.channel()
        channel.confirm_delivery()
        return channel

    def declare(self, definitions):
        """What `rabbitmqctl import_definitions` does."""
        channel = self.channel()
        for exchange in definitions["exchanges"]:
            channel.exchange_declare(exchange["name"], exchange["type"], durable=True, arguments=exchange["arguments"])
        for queue in definitions["queues"]:
            channel.queue_declare(queue["name"], durable=True, arguments=queue["arguments"])
        for binding in definitions["bindings"]:
            channel.queue_bind(binding["destination"], binding["source"], binding["routing_key"])

    def publish(self, channel, vendor, app, token, headers=None, exchange="push.jobs", key=None, **more):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        job = {"v": 1, "id": str(uuid.uuid4()), "app": app, "vendor": vendor, "targets": [{"token": token}],
               "kind": "chat.direct", "sender": {"id": "u", "nickname": "Li Lei"}, "created_at": now,
               "notification": {"body": "See you at eight"}, **more}
        properties = pika.BasicProperties(content_type="application/json", delivery_mode=2, message_id=job["id"], headers=headers)
        channel.basic_publish(exchange, key or f"{vendor}.normal.{app}", json.dumps(job), properties, mandatory=True)
        return job["id"]

    def receipt(self, channel, job):
        """The receipt of `job`; others are dropped."""

        def read():
            _, _, body = channel.basic_get("push.receipts", auto_ack=True)
            found = [receipt for receipt in json.loads(body or "[]") if receipt["id"] == job]
            return found[0] if found else None

        return until(f"a receipt of {job}", read, 30)
