//! Buckets of the fleet's rates and ledgers of its quotas, beside the claims.

use std::sync::LazyLock;

use push_pacing::{
    Ask, Draw, Drawn, Grant, LEASE, Limits, QUOTA, QuotaRules, arguments, draw_arguments, read_drawn, read_grant,
};
use redis::Script;

use super::{RedisStore, StoreDown};

static LEASES: LazyLock<Script> = LazyLock::new(|| Script::new(LEASE));
static LEDGER: LazyLock<Script> = LazyLock::new(|| Script::new(QUOTA));

impl RedisStore {
    /// Asks the bucket of an app, or of one of its interfaces (`<app>/<api>`).
    ///
    /// # Errors
    /// When the store does not answer; whether it gave is then unknown, and what it gave is lost.
    pub async fn lease(&self, name: &str, limits: &Limits, ask: &Ask) -> Result<Grant, StoreDown> {
        let mut call = LEASES.prepare_invoke();
        call.key(format!("{}:rate:{name}", self.tag)).arg(arguments(limits, ask, None));
        self.link.invoke("lease", &call, read_grant).await
    }

    /// Asks the ledger of a quota of an app.
    ///
    /// # Errors
    /// When the store does not answer; what it gave is then lost to this process and stays counted.
    pub async fn draw(&self, app: &str, quota: &str, rules: &QuotaRules, draw: &Draw) -> Result<Drawn, StoreDown> {
        let mut call = LEDGER.prepare_invoke();
        call.key(format!("{}:quota:{app}:{quota}", self.tag)).arg(draw_arguments(rules, draw, None));
        self.link.invoke("quota", &call, read_drawn).await
    }
}
