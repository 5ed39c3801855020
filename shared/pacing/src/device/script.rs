//! The counts in Redis: the script, and what goes in and comes out.

use super::{DeviceKey, DeviceQuestion, Direction};

/// The script. [`device_key`] of each device are its keys, [`device_arguments`] its arguments, [`read_devices`] reads its
/// answer.
pub const DEVICE: &str = include_str!("device.lua");

/// Most devices of one call: as many as a window has targets. More are asked for in several calls, so that no call holds
/// the others up.
pub const DEVICES_PER_CALL: usize = 1000;

/// The key of a device's bucket, to follow what names the app.
#[must_use]
pub fn device_key(question: &DeviceQuestion, device: DeviceKey) -> String {
    format!("{}:{}:{}", question.cap, question.day.number, device.bucket)
}

/// The arguments of [`DEVICE`] for these devices of a question.
#[must_use]
pub fn device_arguments(question: &DeviceQuestion, devices: &[DeviceKey]) -> Vec<Vec<u8>> {
    let take = question.direction == Direction::Take;
    let mut all = vec![
        u8::from(take).to_string().into_bytes(),
        question.most.to_string().into_bytes(),
        question.day.end_ms().to_string().into_bytes(),
    ];
    all.extend(devices.iter().map(|device| device.field.to_vec()));
    all
}

/// Reads the answer of [`DEVICE`] about so many devices. `None`: it has another shape.
#[must_use]
pub fn read_devices(answer: &str, devices: usize) -> Option<Vec<bool>> {
    let flags: Vec<bool> = answer
        .bytes()
        .map(|digit| match digit {
            b'0' => Some(false),
            b'1' => Some(true),
            _ => None,
        })
        .collect::<Option<_>>()?;
    (flags.len() == devices).then_some(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_digit_for_each_device() {
        assert_eq!(read_devices("101", 3), Some(vec![true, false, true]));
        for answer in ["", "10", "1011", "1x1"] {
            assert_eq!(read_devices(answer, 3), None, "{answer}");
        }
    }
}
