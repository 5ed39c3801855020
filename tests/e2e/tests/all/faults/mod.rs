//! Faults while thousands of jobs are on their way: workers killed, frozen and told to stop, servers restarted. The
//! judge has the last word; what these tests assert beside it is that the fault struck and that work goes on.

mod connections;
pub(crate) mod load;
mod pace;
mod servers;
mod store;
mod workers;
