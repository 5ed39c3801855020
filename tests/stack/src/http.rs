//! HTTP to loopback servers: simulators and admin ports.

use std::time::Duration;

use reqwest::{Client, Method};

use crate::{Context, Result};

/// No answer here takes long; what waits on purpose says so with a longer `patience`.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A client of one base address.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    base: String,
    client: Client,
}

impl Http {
    pub(crate) fn new(base: String) -> Result<Self> {
        // No kept connections: a shared server's client is used from the runtimes of several tests, and a connection
        // belongs to the runtime that opened it.
        let client = Client::builder().no_proxy().pool_max_idle_per_host(0).build();
        Ok(Self { base, client: client.context("making an HTTP client")? })
    }

    /// The status and the body.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        patience: Duration,
    ) -> Result<(u16, String)> {
        let doing = || format!("{method} {}{path}", self.base);
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base)).timeout(patience);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await.context(doing())?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await.context(doing())?))
    }

    pub(crate) async fn get(&self, path: &str) -> Result<(u16, String)> {
        self.call(Method::GET, path, None, PATIENCE).await
    }
}
