//! Caps of a device and day: classes that a vendor delivers so many times a day to one device, and no more.
//!
//! Vendors drop or withhold what is over, most of them without a word, so counting saves quota and tells the backend. It is
//! no safety: whoever cannot count sends, and data that was lost means fewer counts. Hence the compact form: a device is
//! 56 bits of its token's hash, 16 of them name a bucket (a hash in Redis), 40 the field in it, and a bucket goes as a whole
//! when its day is over.

mod counts;
mod script;

use std::fmt;

use sha2::{Digest, Sha256};

use crate::quota::DAY_MS;

pub use counts::DeviceCounts;
pub use script::{DEVICE, DEVICES_PER_CALL, device_arguments, device_key, read_devices};

/// How many buckets the devices of one cap and day are spread over. Fixed: another number would be another count.
const BUCKETS: i64 = 1 << 16;

/// Buckets of one day go within this time after its end, each at its own moment, so that they do not all go at once.
const MARGIN_MS: i64 = 3_600_000;

/// A device as it is counted: a part of its token's hash. The token cannot be had back from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceKey {
    bucket: u16,
    field: [u8; 5],
}

impl DeviceKey {
    /// The key of a token. The same in every process and release: it stands in the store.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let hash = Sha256::digest(token);
        Self { bucket: u16::from_be_bytes([hash[0], hash[1]]), field: [hash[2], hash[3], hash[4], hash[5], hash[6]] }
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({}/..)", self.bucket)
    }
}

/// One of the vendor's days. What is given back names the day that it was taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceDay {
    number: i64,
    offset_ms: i64,
}

impl DeviceDay {
    /// The day that a time (ms since 1970) falls into, where the vendor's day is so far ahead of UTC.
    #[must_use]
    pub fn at(now_ms: i64, offset_ms: i64) -> Self {
        Self { number: (now_ms + offset_ms).div_euclid(DAY_MS), offset_ms }
    }

    /// When it ends, ms since 1970.
    #[must_use]
    pub fn end_ms(self) -> i64 {
        (self.number + 1) * DAY_MS - self.offset_ms
    }

    /// When a device's bucket goes, ms since 1970.
    fn gone_ms(self, device: DeviceKey) -> i64 {
        self.end_ms() + i64::from(device.bucket) * MARGIN_MS / BUCKETS
    }
}

/// Which way is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Up: a device under its cap is counted and allowed, another one is not.
    Take,
    /// Down, never below zero: the vendor surely did not take it. Nothing where the day's bucket is gone.
    GiveBack,
}

/// What is asked about devices of one app.
#[derive(Debug, Clone)]
pub struct DeviceQuestion {
    /// The cap's name; classes that share a name share the count. It becomes a part of keys.
    pub cap: String,
    /// Pushes a day that a device may be sent under it. Of no meaning where something is given back.
    pub most: u8,
    /// The day.
    pub day: DeviceDay,
    /// Which way.
    pub direction: Direction,
    /// The devices, each at most once. The answer is a flag for each, in their order: allowed, or given back.
    pub devices: Vec<DeviceKey>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_the_same_key_for_ever() {
        // printf '%s' token-1 | sha256sum
        let key = DeviceKey::of("token-1");
        assert_eq!((key.bucket, key.field), (0x3f08, [0xaa, 0xce, 0x12, 0x2e, 0xe2]));
        assert_eq!(format!("{key:?}"), "DeviceKey(16136/..)");
    }

    #[test]
    fn buckets_go_one_after_the_other_in_the_hour_after_the_day() {
        let china = DeviceDay::at(1_795_276_800_000 - 1, 8 * 3_600_000);
        assert_eq!(china.end_ms(), 1_795_276_800_000);
        let gone = |bucket| china.gone_ms(DeviceKey { bucket, field: [0; 5] }) - china.end_ms();
        assert_eq!([gone(0), gone(1), gone(32_768), gone(65_535)], [0, 54, MARGIN_MS / 2, MARGIN_MS - 55]);
    }
}
