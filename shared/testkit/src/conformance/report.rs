//! Collects faults, so that one run names all of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The most faults that are printed.
const SHOWN: usize = 60;

/// The faults found so far.
#[derive(Default)]
pub(super) struct Report {
    checks: usize,
    faults: Vec<String>,
}

impl Report {
    /// Runs one check; a panic in it is a fault with the check's name.
    pub(super) fn check(&mut self, name: &str, check: impl FnOnce() -> Result<(), String>) {
        self.get(name, check);
    }

    /// As [`Report::check`], and hands on what the check found out.
    pub(super) fn get<T>(&mut self, name: &str, check: impl FnOnce() -> Result<T, String>) -> Option<T> {
        self.checks += 1;
        let fault = match catch_unwind(AssertUnwindSafe(check)) {
            Ok(Ok(found)) => return Some(found),
            Ok(Err(fault)) => fault,
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                format!("panicked: {}", text.unwrap_or("(no text)"))
            }
        };
        self.faults.push(format!("{name}: {fault}"));
        None
    }

    /// Ends the run.
    ///
    /// # Panics
    /// When there are faults.
    pub(super) fn close(self, vendor: &str) {
        let Self { checks, faults } = self;
        // One mistake may break hundreds of checks; the first tell what it is.
        let shown = &faults[..faults.len().min(SHOWN)];
        let more = faults.len() - shown.len();
        assert!(
            faults.is_empty(),
            "{vendor} breaks the contract in {} of {checks} checks ({more} not shown):\n{}",
            faults.len(),
            shown.join("\n")
        );
    }
}

/// A condition with its fault.
pub(super) fn ensure(holds: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault()) }
}
