//! A gzip file without compression (RFC 1952 around one stored block per 65535 bytes of RFC 1951).

/// `data` as a valid gzip file.
pub(crate) fn store(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let last = data.len().div_ceil(0xffff).max(1) - 1;
    for n in 0..=last {
        let block = data.get(n * 0xffff..data.len().min((n + 1) * 0xffff)).unwrap_or_default();
        let length = u16::try_from(block.len()).unwrap_or_default();
        out.push(u8::from(n == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(crc32(data).to_le_bytes());
    out.extend(u32::try_from(data.len() % (1 << 32)).unwrap_or_default().to_le_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::{crc32, store};

    #[test]
    fn frames_and_sums() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926, "the check value of CRC-32");
        let file = store(b"abc");
        assert_eq!(file[10..15], [1, 3, 0, 0xfc, 0xff]);
        assert_eq!(&file[15..18], b"abc");
        assert_eq!(file[22..], [3, 0, 0, 0]);
        assert_eq!(store(&[7; 70_000]).len(), 10 + 2 * 5 + 70_000 + 8);
    }
}
