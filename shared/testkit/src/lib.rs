#![doc = include_str!("../README.md")]

pub mod cases;
pub mod conformance;
pub mod jobs;
pub mod parcel;
pub mod settings;
