//! The fleet stays inside every limit, and urgent goes first.

mod lanes;
mod rate;
mod scene;
