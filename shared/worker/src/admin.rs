//! The port that operators look at.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use push_contract::Timestamp;
use tokio::net::TcpListener;

use crate::pipeline::Worker;

/// The scheduler counts as stuck after this long without a tick, ms.
const STUCK_MS: i64 = 10_000;

/// What the port answers from.
#[derive(Clone)]
pub(crate) struct Admin {
    worker: Arc<Worker>,
    tick: Arc<AtomicI64>,
}

impl Admin {
    /// Serves until the process ends. `tick` holds the time of the last tick of the main loop, ms.
    #[must_use]
    pub(crate) fn new(worker: Arc<Worker>, tick: Arc<AtomicI64>) -> Self {
        Self { worker, tick }
    }

    /// Binds the port, so that a port in use is found at start.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
        TcpListener::bind(address).await
    }

    /// Serves.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let routes = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(healthz))
            .route("/readyz", get(readyz))
            .with_state(self);
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(%error, "the admin port ended");
        }
    }
}

async fn metrics(State(admin): State<Admin>) -> impl IntoResponse {
    ([("content-type", "text/plain; version=0.0.4")], admin.worker.metrics.text())
}

/// The process lives. A broker or store that is down is no reason to kill it.
async fn healthz(State(admin): State<Admin>) -> impl IntoResponse {
    let age = Timestamp::now().as_millis() - admin.tick.load(Ordering::Relaxed);
    if age < STUCK_MS {
        (StatusCode::OK, "alive\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("no tick for {age} ms\n"))
    }
}

/// Connected to the broker and not stopping. A blocked app or a store that is down is no reason to take it away.
async fn readyz(State(admin): State<Admin>) -> impl IntoResponse {
    if *admin.worker.stopping.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if admin.worker.session.borrow().is_none() {
        (StatusCode::SERVICE_UNAVAILABLE, "not connected to the broker\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}
