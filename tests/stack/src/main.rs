//! `push-stack`: the servers of a test, the stack in the background, the demo and the measurements.

use std::process::ExitCode;

use push_stack::{BareSpec, BenchSpec, DemoSpec, Result, StackError, Wanted, workspace};

const USAGE: &str = "usage: push-stack up | down | demo [--jobs N] [--targets N]
       push-stack bench [--jobs N] [--rounds N] [--queued N] | classes
       push-stack serve [--no-broker] [--no-redis] [--persistent] [--broker-metrics]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("push-stack: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| StackError::new(format!("starting the runtime: {error}")))?;
    let (command, flags) = args.split_first().ok_or_else(|| StackError::new(USAGE))?;
    let done = runtime.block_on(async {
        match command.as_str() {
            "serve" => {
                let has = |flag| flags.iter().any(|given| given == flag);
                let wanted = Wanted {
                    broker: !has("--no-broker"),
                    broker_metrics: has("--broker-metrics"),
                    redis: !has("--no-redis"),
                    persistent: has("--persistent"),
                };
                push_stack::serve(wanted).await.map(|()| ExitCode::SUCCESS)
            }
            "up" => push_stack::up(&workspace()?).await.map(|()| ExitCode::SUCCESS),
            "demo" => {
                let spec =
                    DemoSpec { jobs: number(flags, "--jobs", 20_000)?, targets: number(flags, "--targets", 60_000)? };
                push_stack::demo(&workspace()?, spec)
                    .await
                    .map(|kept| if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
            "bench" => {
                let spec = BenchSpec {
                    jobs: number(flags, "--jobs", 20_000)?,
                    rounds: number(flags, "--rounds", 3)?,
                    queued: number(flags, "--queued", 200_000)?,
                };
                push_stack::bench(&workspace()?, spec).await.map(|()| ExitCode::SUCCESS)
            }
            // What `bench` measures the worker against, as a process of its own.
            "bench-bare" => push_stack::bare(bare_spec(flags)?).await.map(|()| ExitCode::SUCCESS),
            // Written by `make schemas`.
            "classes" => {
                let workspace = workspace()?;
                let page = push_stack::classes_page(&workspace)?;
                let written = std::fs::write(workspace.join(push_stack::CLASSES_PAGE), page);
                written.map_err(|error| StackError::new(error.to_string())).map(|()| ExitCode::SUCCESS)
            }
            "down" => push_stack::down(&workspace()?).await.map(|()| ExitCode::SUCCESS),
            // What `up` leaves in the background.
            "hold" => push_stack::hold(&workspace()?).await.map(|()| ExitCode::SUCCESS),
            _ => Err(StackError::new(USAGE)),
        }
    });
    // A read of standard input cannot be cancelled; it must not hold up the end.
    runtime.shutdown_background();
    done
}

/// The number that follows a flag.
fn number(flags: &[String], name: &str, default: usize) -> Result<usize> {
    let Some(at) = flags.iter().position(|flag| flag == name) else { return Ok(default) };
    let text = flags.get(at + 1).map(String::as_str).unwrap_or_default();
    text.parse().map_err(|_| StackError::new(format!("{name} {text}: must be a number")))
}

fn bare_spec(args: &[String]) -> Result<BareSpec> {
    let amqp = std::env::var("AMQP_URL").map_err(|_| StackError::new("name the broker in AMQP_URL"))?;
    let [queue, sim, jobs, client_id, client_secret, run] = args else {
        return Err(StackError::new("usage: push-stack bench-bare QUEUE SIM JOBS CLIENT_ID CLIENT_SECRET RUN"));
    };
    Ok(BareSpec {
        amqp,
        queue: queue.clone(),
        sim: sim.clone(),
        jobs: jobs.parse().map_err(|_| StackError::new(format!("{jobs} must be a number of jobs")))?,
        client_id: client_id.clone(),
        client_secret: client_secret.clone(),
        run: run.clone(),
    })
}
