#![doc = include_str!("../README.md")]

mod call;
mod class;
mod day;
mod id;
mod job;
mod kind;
pub mod kit;
mod mask;
mod notification;
mod parked;
mod reason;
mod receipt;
mod schema;
mod secret;
mod strict;
mod text;
mod timestamp;
pub mod typed;
mod vendor;
mod verdict;
pub mod wire;

pub use call::{Answer, Batch, Call, Next, Push};
pub use class::Class;
pub use day::{Ceilings, DailyLimit, DailyQuota, Day, Formula, Hours, OnSpent};
pub use id::{AppName, JobId, PatternError, VendorName, derived_id};
pub use job::{Collapse, Data, Job, JobError, MAX_JOB_BYTES, MAX_TARGETS, Options, Sender, Target};
pub use kind::{Kind, Lane};
pub use mask::Mask;
pub use notification::{Badge, Click, Notification};
pub use parked::{ParkReason, ParkedJob};
pub use reason::Reason;
pub use receipt::{Notice, Outcome, Receipt, Story, TargetResult};
pub use schema::published_schemas;
pub use secret::Secret;
pub use text::{Count, Cut, cut_text};
pub use timestamp::Timestamp;
pub use vendor::{
    App, AuthRefusal, Authentication, CallLimits, ClassRow, Connection, Counted, Fitted, Http2, Profile, Rate, Refusal,
    SettingsError, Token, Vendor,
};
pub use verdict::{Action, Verdict};
