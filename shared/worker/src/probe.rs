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

    /// A later version of the worker that this one plays, so that an upgrade can be tested before there are two.
    fn later(&self) -> Option<Later> {
        None
    }
}

/// What of a later version the present one meets: its copies and its records.
#[derive(Debug, Clone, Copy)]
pub struct Later {
    /// The version of the copies that it writes; earlier ones it reads.
    pub version: i64,
    /// A header of its copies that is new.
    pub header: &'static str,
    /// Turns what is recorded beside the outcomes into its own form.
    pub write: fn(String) -> String,
    /// The way back. What the present version wrote stays as it is.
    pub read: fn(&str) -> String,
}

/// Does nothing.
#[derive(Debug, Clone, Copy)]
pub struct Inert;

impl Probe for Inert {
    fn passed(&self, _: Step, _: &str) {}
}
