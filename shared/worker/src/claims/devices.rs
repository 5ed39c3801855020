//! Counts of devices under a cap of one day, beside the claims.

use std::sync::LazyLock;

use push_contract::Timestamp;
use push_pacing::{DEVICE, DEVICES_PER_CALL, DeviceKey, DeviceQuestion, device_arguments, device_key, read_devices};
use redis::Script;

use super::{Claims, MemoryStore, RedisStore, StoreDown};

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(DEVICE));

impl Claims {
    /// Counts devices of an app: a flag for each device of the question, in their order.
    ///
    /// # Errors
    /// When the store does not answer. The caller sends all the same: a cap is the vendor's to keep.
    pub async fn devices(&self, app: &str, question: &DeviceQuestion) -> Result<Vec<bool>, StoreDown> {
        match self {
            Self::Redis(store) => store.devices(app, question).await,
            Self::Memory(store) => Ok(store.devices(app, question)),
        }
    }
}

impl RedisStore {
    /// Counts devices of an app: a flag for each device of the question, in their order.
    ///
    /// # Errors
    /// When the store does not answer; whether it counted is then unknown.
    pub async fn devices(&self, app: &str, question: &DeviceQuestion) -> Result<Vec<bool>, StoreDown> {
        let mut flags = Vec::with_capacity(question.devices.len());
        for devices in question.devices.chunks(DEVICES_PER_CALL) {
            flags.extend(self.count(app, question, devices).await?);
        }
        Ok(flags)
    }

    async fn count(&self, app: &str, question: &DeviceQuestion, some: &[DeviceKey]) -> Result<Vec<bool>, StoreDown> {
        let mut call = SCRIPT.prepare_invoke();
        for device in some {
            call.key(format!("{}:dev:{app}:{}", self.tag, device_key(question, *device)));
        }
        for argument in device_arguments(question, some) {
            call.arg(argument);
        }
        let read = |answer: &[String]| read_devices(answer.first()?, some.len());
        self.link.invoke("devices", &call, read).await
    }
}

impl MemoryStore {
    /// Counts devices of an app, as long as the process lives.
    #[must_use]
    pub fn devices(&self, app: &str, question: &DeviceQuestion) -> Vec<bool> {
        let mut counts = self.devices.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        counts.answer(app, question, Timestamp::now().as_millis())
    }
}
