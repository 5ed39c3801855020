//! `push-vivo`: the vivo worker.

/// Runs the worker.
fn main() -> std::process::ExitCode {
    push_worker::main(Box::new(push_vivo::Vivo))
}
