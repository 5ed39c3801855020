//! The promises of the design, on a real RabbitMQ and a real Redis. One program, so that tests share their servers.
#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod bad_input;
mod basics;
mod blocked;
mod classes;
mod crash;
mod faults;
mod limits;
mod rules;
mod surroundings;
mod traces;
