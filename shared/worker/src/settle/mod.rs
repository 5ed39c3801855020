//! After the answers: what follows from them, and telling the broker and the producer.

mod plan;
mod receipts;

pub use plan::{Circumstances, Plan, plan};
pub use receipts::{Meta, Receipts, notice, receipts_of};
