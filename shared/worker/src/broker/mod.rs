//! RabbitMQ: two connections under one supervisor, consumers, confirmed publishes.

pub mod acks;
mod consumer;
pub mod copy;
mod depth;
mod publisher;
mod session;
mod supervisor;
pub mod topology;
mod window;

pub use consumer::{Message, Source};
pub use depth::{Depth, Depths};
pub use publisher::{Outgoing, PublishError, Publisher};
pub use session::Session;
pub(crate) use session::told;
pub use supervisor::{Supervisor, Work};
