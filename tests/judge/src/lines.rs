//! The lines of the logs, as the judge reads them. Fields that it does not need are ignored.

use std::{
    fmt,
    io::{self, BufRead},
};

use serde::Deserialize;

/// What must become of a published message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// One terminal outcome per target.
    Settled,
    /// No job can be read from it: it must lie in parking under its message id, and no vendor may see it.
    Parked,
    /// Nobody consumes its routing key: it must lie in `push.parked.unrouted`.
    Unrouted,
}

/// One message that the producer published: a line of `published`.
#[derive(Clone, Deserialize)]
pub struct Published {
    /// When it was published, milliseconds since 1970.
    #[serde(default)]
    pub at: i64,
    /// The job's id, which is also the AMQP `message_id`.
    pub id: String,
    /// The app of the routing key.
    pub app: String,
    /// The vendor of the routing key.
    pub vendor: String,
    /// The lane of the routing key.
    pub lane: String,
    /// The tokens in the producer's order.
    #[serde(default)]
    pub tokens: Vec<String>,
    /// Whether the broker confirmed it.
    pub confirmed: bool,
    /// Whether the broker handed it back as unroutable: then it is the producer's to repeat.
    #[serde(default)]
    pub returned: bool,
    /// What must become of it.
    pub expect: Expect,
    /// Whether a push of this job must rather end `unknown` than be sent twice.
    pub must_not_double: bool,
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published").field("id", &self.id).field("targets", &self.tokens.len()).finish_non_exhaustive()
    }
}

/// One target of one call that reached a simulator: a line of `seen`.
#[derive(Clone, Deserialize)]
pub struct Seen {
    /// When the vendor took or refused it, milliseconds since 1970.
    pub at: i64,
    /// The vendor.
    pub vendor: String,
    /// The app whose credential was used.
    pub app: String,
    /// The device token.
    pub token: String,
    /// The job id, read from the message's own data; without it the job is found by its token.
    #[serde(default)]
    pub job: Option<String>,
    /// Whether the vendor took the push.
    pub accepted: bool,
    /// Whether the answer was written completely.
    #[serde(default = "yes")]
    pub delivered: bool,
    /// Whether the message's data and its vendor-side id name different jobs.
    #[serde(default)]
    pub mismatch: bool,
}

fn yes() -> bool {
    true
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("job", &self.job).field("accepted", &self.accepted).finish_non_exhaustive()
    }
}

/// One message that still lies in a queue at the end: a line of `queued`.
#[derive(Debug, Clone, Deserialize)]
pub struct Queued {
    /// The queue, with or without a prefix before `push.`.
    pub queue: String,
    /// The AMQP `message_id`.
    pub id: String,
}

/// A line that cannot be read.
#[derive(Debug)]
pub enum LineError {
    /// The file cannot be read.
    Io(io::Error),
    /// A line is not what the log must hold.
    Malformed {
        /// Line number, from 1.
        line: usize,
        /// What is wrong, without quoting the line.
        why: String,
    },
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Malformed { line, why } => {
                write!(f, "line {line}: {why}; every line must be one JSON object of this log")
            }
        }
    }
}

impl std::error::Error for LineError {}

/// Calls `take` for every line. Empty lines are skipped, and so is a last line without its line end that cannot be
/// read: its writer was killed in the middle, and what it meant to log is repeated elsewhere or missing honestly.
///
/// # Errors
/// When reading fails, or a line is not what `take` wants.
pub fn for_each_line(
    mut from: impl BufRead,
    mut take: impl FnMut(&str) -> Result<(), serde_json::Error>,
) -> Result<(), LineError> {
    let mut text = String::new();
    for line in 1.. {
        text.clear();
        if from.read_line(&mut text).map_err(LineError::Io)? == 0 {
            break;
        }
        let whole = text.ends_with('\n');
        match take(text.trim_end()) {
            Err(error) if whole && !text.trim().is_empty() => {
                return Err(LineError::Malformed { line, why: error.to_string() });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Queued, for_each_line};

    fn ids(text: &str) -> Result<Vec<String>, String> {
        let mut ids = Vec::new();
        for_each_line(text.as_bytes(), |line| {
            ids.push(serde_json::from_str::<Queued>(line)?.id);
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        Ok(ids)
    }

    #[test]
    fn only_a_torn_last_line_is_forgiven() {
        let good = r#"{"queue":"q","id":"a"}"#;
        assert_eq!(ids(&format!("{good}\n\n{good}")).unwrap(), ["a", "a"], "a last line needs no end");
        assert_eq!(ids(&format!("{good}\n{{\"queue\":\"q")).unwrap(), ["a"]);
        assert!(ids(&format!("{{\"queue\":\"q\n{good}\n")).unwrap_err().starts_with("line 1: "));
    }
}
