#!/usr/bin/env bash
# Every test, stage by stage, with the seconds that each took.
set -euo pipefail
cd "$(dirname "$0")/../.."

# What a stage calls says of each of its commands that failing ends it: inside of `if` bash forgets `set -e`.
stage() {
  local name=$1 start=$SECONDS
  shift
  printf '== %s\n' "$name"
  if "$@"; then
    printf '== %s: %d s\n' "$name" $((SECONDS - start))
  else
    printf '== %s: FAILED after %d s\n' "$name" $((SECONDS - start))
    exit 1
  fi
}

# Everything in one build, tests and binaries: packages built by themselves would choose other features of their
# dependencies and compile them again.
build() { cargo build --locked --workspace --all-targets; }

# RUN_TESTS runs what was built, without asking cargo to choose again.
RUN_TESTS=(python3 tests/stack/run_tests.py)

python_tests() {
  local dir
  while IFS= read -r dir; do
    (cd "$dir" && "$OLDPWD/target/venv/bin/python" -m unittest --quiet) || return 1
  done < <(find tests -name 'test_*.py' -not -path '*/target/*' -not -path 'tests/clients/*' \
    -not -path 'tests/helm/*' -printf '%h\n' | sort -u)
}

# They have an environment of their own: the producer is to need no more than pika.
clients() { (cd tests/clients && ../../target/clients/venv/bin/python -m unittest --quiet); }

chart() { (cd tests/helm && ../../target/helm/venv/bin/python -m unittest --quiet); }

rules() {
  local files
  mapfile -t files < <(find helm tests -name '*.rules.yml' -o -name '*.rules.yaml' 2>/dev/null)
  [ "${#files[@]}" -eq 0 ] || promtool check rules "${files[@]}" || return 1
  mapfile -t files < <(find helm tests -name '*.rules-test.yml' 2>/dev/null)
  [ "${#files[@]}" -eq 0 ] || promtool test rules "${files[@]}" || return 1
}

stage setup tests/stack/setup.sh all
stage build build
stage 'tests of the crates' "${RUN_TESTS[@]}" --except push-e2e
stage 'examples in the documentation' cargo test --locked --workspace --doc --quiet
stage 'tests of the load publisher' python_tests
stage clients clients
stage chart chart
stage 'tests of the whole' "${RUN_TESTS[@]}" --only push-e2e -- --test-threads=4
stage 'alert rules' rules
printf '== all passed: %d s\n' "$SECONDS"
