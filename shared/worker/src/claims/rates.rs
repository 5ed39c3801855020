//! Buckets of the fleet's rates, beside the claims.

use std::sync::LazyLock;

use push_pacing::{Ask, Grant, LEASE, Limits, arguments, read_grant};
use redis::{ErrorKind, Script, Value};

use super::{
    StoreDown,
    redis_store::{RedisStore, text_of},
};

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(LEASE));

impl RedisStore {
    /// Asks the bucket of an app's pushes.
    ///
    /// # Errors
    /// When the store does not answer; whether it gave is then unknown, and what it gave is lost.
    pub async fn lease(&self, app: &str, limits: &Limits, ask: &Ask) -> Result<Grant, StoreDown> {
        let down = |why: String| StoreDown { what: "lease", why };
        let session = self.link.session().await.map_err(|error| down(error.to_string()))?;
        let mut call = SCRIPT.prepare_invoke();
        call.key(format!("{}:rate:{app}", self.tag));
        for argument in arguments(limits, ask, None) {
            call.arg(argument);
        }
        match call.invoke_async::<Value>(&mut session.connection.clone()).await {
            Ok(Value::Array(items)) => {
                let texts: Vec<String> = items.iter().map(text_of).collect();
                read_grant(&texts).ok_or_else(|| down("an answer of another shape".to_owned()))
            }
            Ok(_) => Err(down("an answer of another shape".to_owned())),
            Err(error) => {
                if error.kind() != ErrorKind::Server(redis::ServerErrorKind::ResponseError) {
                    self.link.forget(&session);
                }
                Err(down(error.to_string()))
            }
        }
    }
}
