//! The fleet stays inside every limit, and urgent goes first.

mod apis;
mod campaign;
mod lanes;
mod neighbours;
mod quota;
mod quota_closed;
mod rate;
mod scene;
mod told;
