//! The process that owns the servers: it starts them, does what its parent writes to it, and ends them when the parent
//! is gone.

mod rabbit;
mod redis;
mod serve;

pub use serve::serve;

use serde::{Deserialize, Serialize};

/// What the parent asks for: one JSON object a line on standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Order {
    /// To one of the servers.
    Broker {
        /// What to do with it.
        act: Act,
    },
    /// To the other.
    Redis {
        /// What to do with it.
        act: Act,
    },
    /// Raises or clears the broker's memory alarm.
    MemoryAlarm {
        /// Whether it is raised.
        on: bool,
    },
}

/// What can be done with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// Ends it in order.
    Stop,
    /// Ends it with SIGKILL.
    Kill,
    /// Starts it on its old port with its old data.
    Start,
    /// Starts it on its old port without data.
    StartEmpty,
    /// SIGSTOP: it accepts connections and never answers.
    Freeze,
    /// SIGCONT.
    Thaw,
}

/// The babysitter's first line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Addresses {
    /// Absent: none was asked for.
    pub amqp_url: Option<String>,
    /// Absent: none was asked for.
    pub redis_url: Option<String>,
    /// `host:port` of the broker's own metrics. Absent: none were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker_metrics: Option<String>,
    /// The processes, for a test that proves that they end with their parent.
    pub pids: Vec<u32>,
}

/// The answer to an order, or instead of the first line if the servers do not start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// What failed; absent: done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Which servers to start and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Start RabbitMQ.
    pub broker: bool,
    /// RabbitMQ serves its own metrics, by its plugin `rabbitmq_prometheus`.
    pub broker_metrics: bool,
    /// Start Redis.
    pub redis: bool,
    /// Redis writes an append-only file, so that its data survives SIGKILL (up to the last second).
    pub persistent: bool,
}
