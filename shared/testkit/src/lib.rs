#![doc = include_str!("../README.md")]

pub mod cases;
pub mod conformance;
pub mod form;
pub mod jobs;
pub mod parcel;
pub mod settings;
