//! `push-meizu`: the Meizu worker.

/// Runs the worker.
fn main() -> std::process::ExitCode {
    push_worker::main(Box::new(push_meizu::Meizu))
}
