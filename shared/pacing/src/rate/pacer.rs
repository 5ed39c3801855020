//! What one process writes, spread.

use std::{num::NonZeroU32, time::Duration};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::Limits;

/// The last gate before bytes are written. What a stalled process is late with would all go out in one moment; here it is
/// spread again. The lease is the fleet's limit, this is the process's own: it alone never exceeds the aim either.
#[derive(Debug)]
pub struct Pacer {
    limiter: DefaultDirectRateLimiter,
    burst: NonZeroU32,
}

impl Pacer {
    /// A pacer at the aim, with the burst of one bucket or one batch.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let burst = NonZeroU32::new(limits.capacity.max(limits.batch) as u32).unwrap_or(NonZeroU32::MIN);
        let period = Duration::from_secs_f64(1.0 / limits.aim.max(1e-3));
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        Self { limiter: RateLimiter::direct(quota.allow_burst(burst)), burst }
    }

    /// Waits until so many units may be written. More than the burst counts as the burst.
    pub async fn pass(&self, units: u32) {
        if let Some(units) = NonZeroU32::new(units.min(self.burst.get())) {
            // Never over the burst, so the only error of this call cannot occur.
            let _ = self.limiter.until_n_ready(units).await;
        }
    }
}
