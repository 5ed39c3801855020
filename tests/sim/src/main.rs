//! `push-sim`: plays the vendors until it is told to stop.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use push_sim::{Sim, SimError};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: push-sim [--listen 127.0.0.1:0] [--seen FILE]";
/// The command line is wrong (sysexits).
const EXIT_USAGE: u8 = 64;
/// Something outside failed (sysexits: I/O error).
const EXIT_IO: u8 = 74;

struct Options {
    listen: SocketAddr,
    seen: Option<PathBuf>,
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { listen: SocketAddr::from(([127, 0, 0, 1], 0)), seen: None };
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--listen" => {
                let value = value?;
                options.listen =
                    value.parse().map_err(|_| format!("--listen: {value} is no address like 127.0.0.1:0"))?;
            }
            "--seen" => options.seen = Some(PathBuf::from(value?)),
            _ => return Err(format!("{name} is unknown")),
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("push-sim: {error}\n{USAGE}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("push-sim: {error}");
            ExitCode::from(EXIT_IO)
        }
    }
}

async fn run(options: Options) -> Result<(), SimError> {
    // Before the line that says we are ready: whoever reads it may signal at once.
    let no_signals = |source| SimError::Listen { address: options.listen, source };
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut sim = Sim::start(options.listen, options.seen.as_deref()).await?;
    let mut out = std::io::stdout();
    // Whoever closed our output may still use the port it asked for.
    let _ = writeln!(out, "push-sim listening on http://{} https://{}", sim.address(), sim.tls_address())
        .and_then(|()| out.flush());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        error = sim.broken() => return Err(error),
    }
    sim.stop().await;
    Ok(())
}
