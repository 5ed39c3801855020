//! The program: its exit codes and what it prints.

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

use std::{fs, path::PathBuf, process::Command};

/// A folder of its own for one test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_push-judge")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const PUBLISHED: &str = r#"{"id":"j1","app":"chat","vendor":"parcel","lane":"normal","tokens":["SECRET-TOKEN"],"confirmed":true,"expect":"settled","must_not_double":false}"#;
const SEEN: &str =
    r#"{"at":1,"vendor":"parcel","app":"chat","token":"SECRET-TOKEN","job":"j1","accepted":true,"delivered":true}"#;
const RECEIPT: &str = r#"{"receipt_id":"j1.0.0","id":"j1","app":"chat","vendor":"parcel","results":[{"n":0,"token":"SECRET-TOKEN","outcome":"accepted"}]}"#;

/// Runs the program on logs with these contents.
fn judge(name: &str, published: &str, seen: &str, receipts: &str) -> (i32, String, String) {
    let folder = folder(name);
    let file = |log: &str, text: &str| {
        let path = folder.join(log);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (published, seen, receipts) = (file("p", published), file("s", seen), file("r", receipts));
    run(&["--published", &published, "--seen", &seen, "--receipts", &receipts])
}

#[test]
fn a_clean_run_exits_0_and_prints_the_summary() {
    let (code, out, err) = judge("clean", PUBLISHED, SEEN, RECEIPT);
    assert_eq!((code, err.as_str()), (0, ""));
    let summary: push_judge::Summary = serde_json::from_str(&out).unwrap();
    assert_eq!((summary.jobs, summary.targets), (1, 1));
}

#[test]
fn a_broken_promise_exits_1_and_says_which_without_tokens() {
    let (code, out, err) = judge("broken", PUBLISHED, &format!("{SEEN}\n{SEEN}\n"), "");
    assert_eq!(code, 1);
    assert!(err.contains("lost: 1") && err.contains("doubled: 1") && err.contains("j1 target 0"), "{err}");
    assert!(!out.contains("SECRET") && !err.contains("SECRET"), "tokens stay out of what is printed");
}

#[test]
fn a_log_that_cannot_be_read_exits_65_and_names_file_and_line() {
    let (code, _, err) = judge("malformed", &format!("{PUBLISHED}\n{{\"id\":1}}\n"), SEEN, RECEIPT);
    assert_eq!(code, 65);
    assert!(err.contains("malformed/p: line 2: "), "{err}");
    let (code, _, err) = run(&["--published", "no-such-file", "--seen", "x", "--receipts", "x"]);
    assert_eq!(code, 65);
    assert!(err.contains("no-such-file: cannot be opened"), "{err}");
}

#[test]
fn wrong_usage_exits_64_and_shows_the_usage() {
    for arguments in [&["--published"][..], &["--published", "p", "--seen", "s"], &["--frobnicate", "1"]] {
        let (code, _, err) = run(arguments);
        assert_eq!(code, 64);
        assert!(err.contains("usage: push-judge"), "{err}");
    }
}
