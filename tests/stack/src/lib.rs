//! The stack that tests, demo and measurements stand on: a real RabbitMQ and Redis on free ports, the simulators,
//! workers, and a TCP proxy that makes faults between them. Nothing of it outlives the process that started it.

mod babysitter;
mod client;
mod error;
mod exposition;
mod http;
mod places;
mod process;
mod proxy;
mod receipts;
mod servers;
mod sim;
mod until;
mod worker;

pub use babysitter::{Wanted, serve};
pub use client::{Client, Message, Outgoing, Published};
pub use error::{Context, Result, StackError};
pub use places::{binary, free_port, fresh_prefix, profile_dir, scratch_dir, workspace};
pub use process::{Process, Signal, clean_environment, dies_with_us};
pub use proxy::{Mode, Proxy};
pub use receipts::Receipts;
pub use servers::{Broker, Options, Redis, Servers};
pub use sim::Sim;
pub use until::until;
pub use worker::{Memory, Worker, WorkerSpec};
