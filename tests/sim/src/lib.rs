#![doc = include_str!("../README.md")]

mod body;
mod call;
mod control;
mod desk;
mod faults;
mod form;
mod fortune;
mod gzip;
mod h2_front;
mod holds;
mod hub;
mod line;
mod link;
mod named_job;
mod objects;
mod record;
mod seen_file;
mod server;
mod simulator;
mod strict;
mod tls;
mod told_streams;
pub mod vendors;
mod window;

pub use desk::{Desk, Worth};
pub use line::Line;
pub use server::{Sim, SimError};
pub use simulator::{Aim, Answer, Ask, Effect, Facts, Judge, Opened, Ruling, Simulator, Word, Words};
