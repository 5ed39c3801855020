#!/usr/bin/env bash
# Installs what is missing on a Debian or Ubuntu machine, without letting a package start a service.
#   setup.sh run|all|check    what the stack needs; what the tests need besides; what `make check` needs
#   setup.sh packages NAME... only these packages, as root; called by the line that an ordinary user is shown
set -euo pipefail
cd "$(dirname "$0")/../.."
POLICY=/usr/sbin/policy-rc.d

say() { printf '%s\n' "$*" >&2; }

# Debian asks this program whether an installed service may be started: 101 is no.
forbid_services() {
  [ ! -e "$POLICY" ] || mv "$POLICY" "$POLICY.before-push-fleet"
  trap allow_services EXIT
  printf '#!/bin/sh\nexit 101\n' >"$POLICY"
  chmod 755 "$POLICY"
}

allow_services() {
  rm -f "$POLICY"
  [ ! -e "$POLICY.before-push-fleet" ] || mv "$POLICY.before-push-fleet" "$POLICY"
}

install_packages() (
  forbid_services
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "$@" >&2
)

missing_packages() {
  have() { command -v "$1" >/dev/null 2>&1; }
  [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || echo rabbitmq-server
  have redis-server || echo redis-server
  have setpriv && have setsid || echo util-linux
  have cc && have make || echo build-essential
  have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  [ "$1" = all ] || return 0
  have promtool || echo prometheus
  have node || echo nodejs
  have npm || echo npm
}

# Makes DIR, with what is in the requirements of FILE.
python_environment() {
  local dir=$1 wanted=$2 stamp=$1/requirements.txt
  if cmp -s "$stamp" "$wanted" && "$dir/bin/python" -c '' 2>/dev/null; then return; fi
  say "setup: a Python environment in $dir"
  rm -rf "$dir"
  mkdir -p "$(dirname "$dir")"
  python3 -m venv "$dir"
  "$dir/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted"
  cp "$wanted" "$stamp"
}

# The clients in Node that tests/clients runs, without the programs that a package would like to start.
node_packages() {
  local dir=target/clients/node wanted=tests/clients/package-lock.json
  local stamp=$dir/installed.json
  if cmp -s "$stamp" "$wanted"; then return; fi
  say "setup: Node packages in $dir"
  rm -rf "$dir"
  mkdir -p "$dir"
  cp tests/clients/package.json "$wanted" "$dir"
  npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
  cp "$wanted" "$stamp"
}

case "${1:-all}" in
  packages)
    shift
    install_packages "$@"
    ;;
  check)
    for part in rustfmt clippy; do
      if ! cargo "${part/rustfmt/fmt}" --version >/dev/null 2>&1; then
        say "$part is missing: rustup component add rustfmt clippy"
        exit 69
      fi
    done
    ;;
  run | all)
    if ! command -v cargo >/dev/null 2>&1; then
      say "Rust is missing: install it from https://rustup.rs, then call this again"
      exit 69
    fi
    mapfile -t missing < <(missing_packages "${1:-all}")
    if [ "${#missing[@]}" -gt 0 ]; then
      if ! command -v apt-get >/dev/null 2>&1; then
        say "missing, and this is neither Debian nor Ubuntu; install what these packages hold: ${missing[*]}"
        exit 69
      fi
      if [ "$(id -u)" != 0 ]; then
        say "missing; this installs it and starts no service: sudo tests/stack/setup.sh packages ${missing[*]}"
        exit 69
      fi
      say "setup: installing ${missing[*]}"
      install_packages "${missing[@]}"
    fi
    python_environment target/venv tests/load/requirements.txt
    if [ "${1:-all}" = all ]; then
      python_environment target/clients/venv tests/clients/requirements.txt
      python_environment target/helm/venv tests/helm/requirements.txt
      node_packages
    fi
    ;;
  *)
    say "usage: setup.sh run|all|check, or setup.sh packages NAME..."
    exit 64
    ;;
esac
