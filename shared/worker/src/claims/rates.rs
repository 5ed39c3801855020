//! Buckets of the fleet's rates, beside the claims.

use std::sync::LazyLock;

use push_pacing::{Ask, Grant, LEASE, Limits, arguments, read_grant};
use redis::Script;

use super::{RedisStore, StoreDown};

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(LEASE));

impl RedisStore {
    /// Asks the bucket of an app's pushes.
    ///
    /// # Errors
    /// When the store does not answer; whether it gave is then unknown, and what it gave is lost.
    pub async fn lease(&self, app: &str, limits: &Limits, ask: &Ask) -> Result<Grant, StoreDown> {
        let mut call = SCRIPT.prepare_invoke();
        call.key(format!("{}:rate:{app}", self.tag));
        for argument in arguments(limits, ask, None) {
            call.arg(argument);
        }
        self.link.invoke("lease", &call, read_grant).await
    }
}
