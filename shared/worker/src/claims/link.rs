//! The connection to Redis, made anew when it is lost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use redis::{ErrorKind, RedisError, ScriptInvocation, ServerErrorKind, Value, aio::MultiplexedConnection};
use tokio::sync::Mutex;

use super::{StoreDown, reply::text_of};

/// A connection and the run of the server at its other end: a restart ends the connection, so the run id of one
/// connection never changes.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: MultiplexedConnection,
    pub(super) run: String,
}

/// The present session, and making the next one.
#[derive(Debug)]
pub(super) struct Link {
    client: redis::Client,
    timeout: Duration,
    session: ArcSwapOption<Session>,
    /// Whoever connects holds it; when an attempt last failed.
    connecting: Mutex<Option<Instant>>,
    /// The last attempt to connect failed.
    away: AtomicBool,
}

impl Link {
    /// Nothing is connected yet. `timeout` bounds connecting and every answer.
    pub(super) fn new(client: redis::Client, timeout: Duration) -> Self {
        Self {
            client,
            timeout,
            session: ArcSwapOption::empty(),
            connecting: Mutex::default(),
            away: AtomicBool::new(false),
        }
    }

    /// The present session, or a new one. While the server is away one caller at a time tries to reach it and the others
    /// are told at once: a server that accepts and never answers would hold them up one after the other.
    pub(super) async fn session(&self) -> Result<Arc<Session>, RedisError> {
        let asked = Instant::now();
        let away = || Err(RedisError::from((ErrorKind::Io, "could not be reached a moment ago")));
        if let Some(session) = self.session.load_full() {
            return Ok(session);
        }
        let mut failed = match self.connecting.try_lock() {
            Ok(failed) => failed,
            Err(_) if self.away.load(Ordering::Relaxed) => return away(),
            Err(_) => self.connecting.lock().await,
        };
        if let Some(session) = self.session.load_full() {
            return Ok(session);
        }
        if failed.is_some_and(|at| at > asked) {
            return away();
        }
        let connected = self.connect().await;
        self.away.store(connected.is_err(), Ordering::Relaxed);
        match connected {
            Ok(session) => {
                let session = Arc::new(session);
                self.session.store(Some(session.clone()));
                Ok(session)
            }
            Err(error) => {
                *failed = Some(Instant::now());
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<Session, RedisError> {
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or("unknown").trim().to_owned();
        Ok(Session { connection, run })
    }

    /// Runs a script that is not one of the claims' own, and reads its answer item by item as text.
    pub(super) async fn invoke<T>(
        &self,
        what: &'static str,
        call: &ScriptInvocation<'_>,
        read: impl FnOnce(&[String]) -> Option<T>,
    ) -> Result<T, StoreDown> {
        let down = |why: String| StoreDown { what, why };
        let session = self.session().await.map_err(|error| down(error.to_string()))?;
        match call.invoke_async::<Value>(&mut session.connection.clone()).await {
            Ok(Value::Array(items)) => {
                let texts: Vec<String> = items.iter().map(text_of).collect();
                read(&texts).ok_or_else(|| down("an answer of another shape".to_owned()))
            }
            Ok(_) => Err(down("an answer of another shape".to_owned())),
            Err(error) => {
                // What the server refuses is our bug and no outage.
                if error.kind() != ErrorKind::Server(ServerErrorKind::ResponseError) {
                    self.forget(&session);
                }
                Err(down(error.to_string()))
            }
        }
    }

    /// Forgets a session that failed, unless another caller has replaced it already.
    pub(super) fn forget(&self, failed: &Arc<Session>) {
        let present = self.session.load_full();
        if present.as_ref().is_some_and(|session| Arc::ptr_eq(session, failed)) {
            self.session.compare_and_swap(&present, None);
        }
    }
}
