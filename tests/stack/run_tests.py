#!/usr/bin/env python3
"""Runs test executables of the workspace as `cargo test` would.

`cargo test -p` and `--exclude` choose features anew for what they build, and with two cores that second build costs more
than the tests. This asks cargo for the executables of the whole workspace, which are built, and runs the wanted ones.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time


def executables() -> list[tuple[str, str, str]]:
    """Package, its folder and a test executable, in cargo's order."""
    command = ["cargo", "test", "--locked", "--workspace", "--all-targets", "--no-run", "--message-format=json"]
    built = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode != 0:
        sys.exit(built.returncode)
    found = []
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact" and message["profile"]["test"] and message["executable"]:
            folder = os.path.dirname(message["manifest_path"])
            # "...#name@version", or "...#version" where the folder has the package's name.
            tail = message["package_id"].split("#")[-1]
            package = tail.split("@")[0] if "@" in tail else os.path.basename(folder)
            found.append((package, folder, message["executable"]))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="this package")
    parser.add_argument("--except", dest="skip", help="all but this package")
    parser.add_argument("args", nargs="*", help="for the test executables")
    options = parser.parse_args()
    failed = []
    for package, folder, program in executables():
        if (options.only and package != options.only) or package == options.skip:
            continue
        start = time.monotonic()
        environment = dict(os.environ, CARGO_MANIFEST_DIR=folder)
        done = subprocess.run([program, "--quiet", *options.args], cwd=folder, env=environment, check=False)
        print(f"{package} {os.path.basename(program)}: {time.monotonic() - start:.1f} s", flush=True)
        if done.returncode != 0:
            failed.append(f"{package}: {program}")
    for line in failed:
        print(f"FAILED {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
