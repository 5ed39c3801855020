//! The fleet stays inside every limit, and urgent goes first.

mod campaign;
mod lanes;
mod neighbours;
mod rate;
mod scene;
