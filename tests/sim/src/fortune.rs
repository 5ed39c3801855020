//! What a token's name foretells. The same for all vendors; each vendor has its own codes for it.

/// What becomes of a push to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fortune {
    /// Taken.
    Fine,
    /// `dead-...`: unregistered.
    Dead,
    /// `malformed-...`: never was a token.
    Malformed,
    /// `capped-...`: the device had its share today.
    Capped,
    /// `busy-K-...`: not taken the first K times, then taken.
    Busy(u32),
}

impl Fortune {
    /// Reads the convention from the token's beginning.
    pub(crate) fn of(token: &str) -> Self {
        if token.is_empty() || token.starts_with("malformed-") {
            return Self::Malformed;
        }
        if token.starts_with("dead-") {
            return Self::Dead;
        }
        if token.starts_with("capped-") {
            return Self::Capped;
        }
        let busy = token.strip_prefix("busy-").and_then(|rest| rest.split('-').next()).and_then(|k| k.parse().ok());
        busy.map_or(Self::Fine, Self::Busy)
    }
}

/// A title or body with this text is refused for its content.
pub(crate) const FORBIDDEN_WORDS: &str = "FORBIDDEN-WORDS";

#[cfg(test)]
mod tests {
    use super::Fortune;

    #[test]
    fn reads_tokens() {
        let cases = [
            ("tok-1", Fortune::Fine),
            ("dead-1", Fortune::Dead),
            ("malformed-1", Fortune::Malformed),
            ("", Fortune::Malformed),
            ("capped-1", Fortune::Capped),
            ("busy-2-x", Fortune::Busy(2)),
            ("busy-x", Fortune::Fine),
            ("busy-3", Fortune::Busy(3)),
        ];
        for (token, fortune) in cases {
            assert_eq!(Fortune::of(token), fortune, "{token}");
        }
    }
}
