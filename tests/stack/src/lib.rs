//! The stack that tests, demo and measurements stand on: a real RabbitMQ and Redis on free ports, the simulators,
//! workers, and a TCP proxy that makes faults between them. Nothing of it outlives the process that started it.

mod babysitter;
mod bench;
mod classes;
mod client;
mod demo;
mod dev;
mod error;
mod exposition;
mod fleet;
mod http;
mod names;
mod places;
mod process;
mod proxy;
mod receipts;
mod servers;
mod sim;
mod until;
mod vendors;
mod worker;

pub use babysitter::{Wanted, serve};
pub use bench::{BareSpec, BenchSpec, bare, bench};
pub use classes::{PAGE as CLASSES_PAGE, page as classes_page};
pub use client::{Client, Message, Outgoing, Published};
pub use demo::{DemoSpec, demo};
pub use dev::{down, hold, up};
pub use error::{Context, Result, StackError};
pub use fleet::{Fleet, FleetSpec};
pub use places::{binary, free_port, fresh_prefix, profile_dir, scratch_dir, workspace};
pub use process::{Process, Signal, clean_environment, dies_with_us};
pub use proxy::{Mode, Proxy};
pub use receipts::Receipts;
pub use servers::{Broker, Options, Redis, Servers};
pub use sim::Sim;
pub use until::until;
pub use vendors::{SimPlaces, Vendor, settings_file};
pub use worker::{Memory, Worker, WorkerSpec};
