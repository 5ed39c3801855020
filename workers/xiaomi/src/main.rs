//! `push-xiaomi`: the Xiaomi worker.

/// Runs the worker.
fn main() -> std::process::ExitCode {
    push_worker::main(Box::new(push_xiaomi::Xiaomi))
}
