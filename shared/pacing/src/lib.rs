#![doc = include_str!("../README.md")]

mod backoff;
mod breaker;
mod device;
mod guard;
mod quota;
mod rate;
mod slow;

pub use backoff::{pause, rung};
pub use breaker::{Breaker, BreakerRules};
pub use device::{
    DEVICE, DEVICES_PER_CALL, DeviceCounts, DeviceDay, DeviceKey, DeviceQuestion, Direction, device_arguments,
    device_key, read_devices,
};
pub use guard::{Guard, GuardRules};
pub use quota::{Draw, Drawn, Ledger, Purse, QUOTA, QuotaRules, Slip, draw_arguments, forecast, read_drawn};
pub use rate::{
    Ask, Bucket, Desk, Grant, LEASE, LEASE_LIFE_US, Limits, Pacer, Share, arguments, batch_limit, read_grant,
};
pub use slow::SlowDowns;
