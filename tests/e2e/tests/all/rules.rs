//! Rules of the repository that no compiler checks. Each names what to do about it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use push_worker::metrics::Metrics;

/// The platforms' vendors. Nothing under `shared/` may name one: the vendor seam is the only way to be particular.
const VENDORS: [&str; 8] = ["huawei", "honor", "xiaomi", "oppo", "vivo", "meizu", "apns", "fcm"];

const MOST_LINES: usize = 450;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file of the repository with its text: what git knows, or without git what lies there.
fn files() -> BTreeMap<String, String> {
    let listed = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output();
    let names: Vec<String> = match listed {
        Ok(listed) if listed.status.success() => {
            String::from_utf8(listed.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect()
        }
        _ => walk(&root()).iter().map(|path| name(path)).collect(),
    };
    assert!(names.len() > 100, "only {} files: where is the repository?", names.len());
    // Removed and not yet committed: no file.
    let text =
        |name: &String| fs::read(root().join(name)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    names.into_iter().filter_map(|name| text(&name).map(|text| (name, text))).collect()
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inside = |path: &PathBuf| !path.ends_with("target") && !path.ends_with(".git");
    entries.filter(inside).flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// The lines of a text in which a whole word occurs, in any case.
fn lines_with<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let found = move |line: &str| line.to_lowercase().split(|c| !is_word(c)).any(|found| found == word);
    (1..).zip(text.lines()).filter(move |(_, line)| found(line))
}

#[test]
fn nothing_shared_names_a_vendor() {
    let mut named = Vec::new();
    for (file, text) in files().iter().filter(|(file, _)| file.starts_with("shared/") && file.contains("/src/")) {
        for word in VENDORS {
            named.extend(lines_with(text, word).map(|(n, line)| format!("{file}:{n}: {}", line.trim())));
        }
    }
    assert!(named.is_empty(), "what is particular to a vendor belongs into workers/:\n{}", named.join("\n"));
}

/// Crate folder and the names of what it depends on: to run, and to be tested.
fn manifests() -> BTreeMap<String, (Vec<String>, Vec<String>)> {
    let mut found = BTreeMap::new();
    for (file, text) in files() {
        let Some(folder) = file.strip_suffix("/Cargo.toml") else { continue };
        let (mut run, mut test, mut section) = (Vec::new(), Vec::new(), String::new());
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line.to_owned();
            } else if let Some(end) = line.find(['.', '=', ' ']) {
                match section.as_str() {
                    "[dependencies]" | "[build-dependencies]" => run.push(line[..end].to_owned()),
                    "[dev-dependencies]" => test.push(line[..end].to_owned()),
                    _ => {}
                }
            }
        }
        found.insert(folder.to_owned(), (run, test));
    }
    assert!(found.len() >= 8, "{found:?}");
    found
}

#[test]
fn dependencies_point_one_way() {
    let manifests = manifests();
    let vendors: Vec<String> = vendor_folders().iter().map(|vendor| format!("push-{vendor}")).collect();
    let own =
        |names: &[String]| -> Vec<String> { names.iter().filter(|name| name.starts_with("push-")).cloned().collect() };
    let mut wrong = Vec::new();
    for (folder, (run, test)) in &manifests {
        let may: Option<Vec<&str>> = match folder.as_str() {
            "shared/contract" => Some(vec![]),
            "shared/pacing" | "shared/testkit" => Some(vec!["push-contract"]),
            "shared/worker" => Some(vec!["push-contract", "push-pacing"]),
            vendor if vendor.starts_with("workers/") => Some(vec!["push-contract", "push-worker"]),
            _ => None,
        };
        if let Some(may) = may {
            let stray = own(run).into_iter().filter(|name| !may.contains(&name.as_str()));
            wrong.extend(stray.map(|name| format!("{folder} must not depend on {name}")));
        }
        let never: &[&str] = match folder.as_str() {
            "shared/contract" => &["tokio", "redis", "lapin", "reqwest", "axum", "prometheus"],
            "shared/pacing" => &["lapin", "reqwest", "axum"],
            _ => &[],
        };
        let stray = run.iter().filter(|name| never.contains(&name.as_str()));
        wrong.extend(stray.map(|name| format!("{folder} is pure: {name} belongs into shared/worker")));
        if !folder.starts_with("tests/") {
            let me = folder.replace("workers/", "push-");
            let other = run.iter().chain(test).filter(|name| vendors.contains(name) && **name != me);
            wrong.extend(other.map(|name| format!("{folder} must not know {name}, a vendor")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_vendor_knows_the_process_in_its_main_alone() {
    let files = files();
    let uses = |file: &str, text: &str| {
        file.starts_with("workers/")
            && file.contains("/src/")
            && !file.ends_with("/src/main.rs")
            && text.contains("push_worker")
    };
    let wrong: Vec<_> = files.iter().filter(|(file, text)| uses(file, text)).map(|(file, _)| file).collect();
    assert!(wrong.is_empty(), "the seam is push_contract; push_worker is for main.rs: {wrong:?}");
}

/// The folders under `workers/`.
fn vendor_folders() -> Vec<String> {
    let manifests = manifests();
    let vendors: Vec<_> =
        manifests.keys().filter_map(|folder| folder.strip_prefix("workers/")).map(str::to_owned).collect();
    assert!(!vendors.is_empty());
    vendors
}

#[test]
fn a_vendor_is_whole() {
    let files = files();
    let any = |start: String| files.keys().any(|file| file.starts_with(&start));
    let mut missing = Vec::new();
    for vendor in vendor_folders() {
        let folder = format!("workers/{vendor}");
        for file in ["README.md", "stack.toml", "src/lib.rs", "src/main.rs", "src/defaults.toml"] {
            if !files.contains_key(&format!("{folder}/{file}")) {
                missing.push(format!("{folder}/{file}"));
            }
        }
        if !any(format!("{folder}/cases/")) {
            missing.push(format!("{folder}/cases/, its golden cases"));
        }
        let simulator = format!("tests/sim/src/vendors/{vendor}");
        if !any(format!("{simulator}/")) {
            missing.push(format!("{simulator}/, its simulator"));
        }
    }
    assert!(missing.is_empty(), "see workers/README.md; missing:\n{}", missing.join("\n"));
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let homes = ["root", "home", "work", "Users"].map(|folder| format!("/{folder}/"));
    let mut found = Vec::new();
    for (file, text) in files() {
        for (n, line) in (1..).zip(text.lines()) {
            // A path begins where a word does not go on: `a/work/b` is none of the machine's.
            let absolute = |home: &String| {
                line.match_indices(home.as_str())
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-*{}/~".contains(c)))
            };
            if homes.iter().any(absolute) {
                found.push(format!("{file}:{n}: {line}"));
            }
        }
    }
    assert!(found.is_empty(), "absolute paths of one machine:\n{}", found.join("\n"));
}

#[test]
fn no_source_file_is_too_long() {
    let files = files();
    let is_source = |file: &str| file.ends_with(".rs") && file.contains("/src/");
    let long = files.iter().filter(|(file, text)| is_source(file) && text.lines().count() >= MOST_LINES);
    let long: Vec<_> = long.map(|(file, text)| format!("{file}: {} lines", text.lines().count())).collect();
    assert!(long.is_empty(), "a file has 60 to 250 lines, never {MOST_LINES}; split:\n{}", long.join("\n"));
}

#[test]
fn every_metric_is_counted_and_told_of() {
    let files = files();
    let page = &files["docs/metrics.md"];
    let table = &files["shared/worker/src/metrics.rs"];
    let source = joined(files.iter().filter(|(file, _)| file.starts_with("shared/worker/src/")).map(|(_, text)| text));
    for (name, ..) in Metrics::ALL {
        assert!(page.contains(&format!("`{name}`")), "{name} is not in docs/metrics.md: run `make schemas`");
        let quoted = format!("\"{name}\"");
        let line =
            table.lines().find(|line| line.contains(&quoted)).unwrap_or_else(|| panic!("{name} is not in the table"));
        let field = line.trim().split(':').next().unwrap();
        let used = ["inc", "with_label_values", "set", "observe", "start_timer", "add", "sub", "dec"];
        let is_used = used.iter().any(|method| source.contains(&format!(".{field}.{method}")));
        assert!(is_used, "{name} is in the table of metrics, and nothing counts it");
    }
}

/// Texts without the breaks that a formatter put into calls.
fn joined<'a>(texts: impl Iterator<Item = &'a String>) -> String {
    texts.flat_map(|text| text.split('\n')).map(str::trim_start).collect()
}

#[test]
fn what_a_reader_looks_for_is_there() {
    let files = files();
    assert!(
        files["CHANGELOG.md"].contains("## [Unreleased]"),
        "CHANGELOG.md has a section for what is not released yet"
    );
    assert!(files[".ci/run"].lines().any(|line| line == "make test"), ".ci/run runs what developers run");
    for file in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "LICENSE", "Makefile"] {
        assert!(files.contains_key(file), "{file}");
    }
}

#[test]
fn every_crate_keeps_the_workspaces_rules() {
    let files = files();
    for folder in manifests().keys().filter(|folder| folder.contains('/')) {
        let manifest = &files[&format!("{folder}/Cargo.toml")];
        assert!(manifest.contains("[lints]\nworkspace = true"), "{folder}: [lints] workspace = true");
        // Versions and reasons stand in the root's Cargo.toml, once each.
        let own = manifest.lines().find(|line| line.contains("version = \""));
        assert!(own.is_none(), "{folder}: {own:?} belongs into the root's Cargo.toml");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut dead = Vec::new();
    for (file, text) in files().iter().filter(|(file, _)| file.ends_with(".md")) {
        for rest in text.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains(char::is_whitespace) {
                continue;
            }
            if !root().join(file).parent().unwrap().join(target).exists() {
                dead.push(format!("{file}: {target}"));
            }
        }
    }
    assert!(dead.is_empty(), "links to nowhere:\n{}", dead.join("\n"));
}

#[test]
fn the_class_tables_of_the_documentation_are_those_of_the_workers() {
    let page = fs::read_to_string(root().join(push_stack::CLASSES_PAGE)).unwrap_or_default();
    let made = push_stack::classes_page(&root()).unwrap();
    assert!(page == made, "{} is stale: make schemas", push_stack::CLASSES_PAGE);
}
