//! A further vendor is one folder under `workers/` and one simulator: done here with Parcel, built, and run in the demo.
//!
//! It happens in a copy of the repository that has no other vendor, below `target/ninth`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The worker's manifest, as `workers/README.md` has it: copied from another vendor's, with its own name.
const MANIFEST: &str = r#"[package]
name = "push-parcel"
description = "The Parcel worker"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true

[dependencies]
push-contract.workspace = true
push-worker.workspace = true
bytes.workspace = true
http.workspace = true
schemars.workspace = true
serde.workspace = true
serde_json.workspace = true
sha2.workspace = true
"#;

const MAIN: &str = "//! `push-parcel`.\n\nfn main() -> std::process::ExitCode {\n    push_worker::main(Box::new(push_parcel::Parcel))\n}\n";

const STACK: &str = r#"[chat.register]
app_id = "p-chat"
rights = ["calls", "alerts"]

[chat.settings]
app_id = "p-chat"
auth_url = "{sim}"
send_url = "{sim}"
calls = "gather"
rights = ["calls", "alerts"]

[chat.secrets]
app_secret = "chat-at-the-simulator"

[shop.register]
app_id = "p-shop"

[shop.settings]
app_id = "p-shop"
auth_url = "{sim}"
send_url = "{sim}"
calls = "list"

[shop.secrets]
app_secret = "shop-at-the-simulator"
"#;

const SIMULATOR: &str = "tests/sim/src/vendors/parcel/";
/// Where the vendor's parts that are Rust come from: what the seam's tests use as a library.
const SEAM: &str = "shared/testkit/src/parcel/";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What git knows and what it would be told of.
fn files() -> Vec<String> {
    let listed = Command::new("git").current_dir(root()).args(["ls-files", "-zco", "--exclude-standard"]).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    let there = |name: &&str| root().join(name).is_file();
    listed.split_terminator('\0').filter(there).map(str::to_owned).collect()
}

/// Copies a file with its time, so that what did not change is not built again.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
    fs::File::options()
        .write(true)
        .open(to)
        .unwrap()
        .set_modified(from.metadata().unwrap().modified().unwrap())
        .unwrap();
}

/// A repository without any vendor.
fn empty_house(house: &Path) {
    let stays = |file: &&String| {
        let vendor = file.starts_with("workers/") && *file != "workers/README.md";
        !vendor
            && !file.starts_with("tests/e2e/")
            && !file.starts_with("tests/clients/")
            && !file.starts_with("tests/sim/src/vendors/")
            || *file == "tests/sim/src/vendors/mod.rs"
    };
    if house.exists() {
        fs::remove_dir_all(house).unwrap();
    }
    for file in files().iter().filter(stays) {
        copy(&root().join(file), &house.join(file));
    }
    // The environment of the load publisher is installed once.
    fs::create_dir_all(house.join("target")).unwrap();
    std::os::unix::fs::symlink(root().join("target/venv"), house.join("target/venv")).unwrap();
}

/// Does what `workers/README.md` says and returns the files that it made.
fn add_parcel(house: &Path) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    for file in files() {
        let to = if let Some(name) = file.strip_prefix(SEAM) {
            format!("workers/parcel/src/{}", if name == "mod.rs" { "lib.rs" } else { name })
        } else if file.starts_with(SIMULATOR) {
            file.clone()
        } else {
            continue;
        };
        copy(&root().join(&file), &house.join(&to));
        made.insert(to);
    }
    for (name, text) in [("Cargo.toml", MANIFEST), ("src/main.rs", MAIN), ("stack.toml", STACK)] {
        let to = format!("workers/parcel/{name}");
        fs::write(house.join(&to), text).unwrap();
        made.insert(to);
    }
    made
}

/// The libraries that the workspace is built on are built already: theirs are taken over.
fn link_built(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            fs::create_dir_all(&to).unwrap();
            link_built(&path, &to);
        } else if !to.exists() {
            // Gone meanwhile, when cargo works beside this: then it is built.
            let _ = fs::hard_link(&path, &to);
        }
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{said}");
    said
}

#[test]
fn a_ninth_vendor_is_one_folder_and_one_simulator() {
    let house = root().join("target/ninth/house");
    let target = root().join("target/ninth/target");
    empty_house(&house);
    let made = add_parcel(&house);
    let strays: Vec<_> =
        made.iter().filter(|file| !file.starts_with("workers/parcel/") && !file.starts_with(SIMULATOR)).collect();
    assert!(made.len() > 10 && strays.is_empty(), "{strays:?}");

    for part in ["deps", "build", ".fingerprint"] {
        let to = target.join("debug").join(part);
        if !to.exists() {
            fs::create_dir_all(&to).unwrap();
            link_built(&root().join("target/debug").join(part), &to);
        }
    }
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(&house).env("CARGO_TARGET_DIR", &target).args(["build", "--offline", "--bins"]);
    run(build.args(["-p", "push-stack", "-p", "push-sim", "-p", "push-parcel"]));

    let stack = target.join("debug/push-stack");
    run(Command::new(&stack).current_dir(&house).args(["demo", "--jobs", "400", "--targets", "1000"]));
    let summary: Value = serde_json::from_slice(&fs::read(house.join("target/demo/summary.json")).unwrap()).unwrap();
    assert!(summary["outcomes"]["parcel"]["accepted"].as_u64().unwrap() > 500, "{summary}");
    let vendors = summary["outcomes"].as_object().unwrap();
    assert_eq!(vendors.keys().collect::<Vec<_>>(), ["parcel"]);
}
