//! Points on a job's path that a test may hold on to.

/// A step on the path of a job. Every promise of the design is tested by stopping the process right after one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the steps of the design
pub enum Step {
    Received,
    Claimed,
    Fenced,
    Written,
    Decoded,
    Recorded,
    CopyPublished,
    ReceiptPublished,
    Settled,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Step; 9] = [
        Self::Received,
        Self::Claimed,
        Self::Fenced,
        Self::Written,
        Self::Decoded,
        Self::Recorded,
        Self::CopyPublished,
        Self::ReceiptPublished,
        Self::Settled,
    ];

    /// The step's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Claimed => "claimed",
            Self::Fenced => "fenced",
            Self::Written => "written",
            Self::Decoded => "decoded",
            Self::Recorded => "recorded",
            Self::CopyPublished => "copy_published",
            Self::ReceiptPublished => "receipt_published",
            Self::Settled => "settled",
        }
    }
}

/// Told of every step. Shipped workers use [`Inert`]; a test's worker may end or stop its process here.
pub trait Probe: Send + Sync + 'static {
    /// A job has just done this step.
    fn passed(&self, step: Step, job: &str);
}

/// Does nothing.
#[derive(Debug, Clone, Copy)]
pub struct Inert;

impl Probe for Inert {
    fn passed(&self, _: Step, _: &str) {}
}
