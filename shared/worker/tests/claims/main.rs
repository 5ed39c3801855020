//! The store of claims, on a real Redis: every rule of the protocol, every trace of the model that is behind it, and
//! the two stores against one another.
#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod births;
mod desk;
mod devices;
mod fleet;
mod keys;
mod model;
mod planted;
mod recording;
mod taking;
mod together;
mod traces;
mod unheard;
mod windows;
