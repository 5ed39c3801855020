//! The rate of one app in one process.

use std::{num::NonZeroU32, time::Duration};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use push_contract::Rate;

/// Paces what one process sends for one app. It starts empty, so a restart grants no burst.
#[derive(Debug)]
pub struct Pace {
    limiter: DefaultDirectRateLimiter,
    burst: NonZeroU32,
}

impl Pace {
    /// A pace of `share` of the vendor's limit. A whole batch always fits into the burst, which is a tenth of the limit
    /// at most.
    #[must_use]
    pub fn new(rate: Rate, share: f64) -> Self {
        // A share below one a second stays below it: many replicas of a slow app must not round up together.
        let per_second = (f64::from(rate.per_second) * share).max(1e-3);
        let burst = NonZeroU32::new((per_second * 0.1) as u32).unwrap_or(NonZeroU32::MIN);
        let quota =
            Quota::with_period(Duration::from_secs_f64(1.0 / per_second)).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        let limiter = RateLimiter::direct(quota.allow_burst(burst));
        // A fresh limiter would let its whole burst through at once.
        let _ = limiter.check_n(burst);
        Self { limiter, burst }
    }

    /// Takes `n` now, or nothing. What is over the burst is never there at once.
    #[must_use]
    pub fn try_take(&self, n: u32) -> bool {
        n <= self.burst.get() && NonZeroU32::new(n).is_none_or(|n| matches!(self.limiter.check_n(n), Ok(Ok(()))))
    }

    /// Waits until `n` may go. What is over the burst is taken in portions.
    pub async fn take(&self, n: u32) {
        let mut left = n;
        while let Some(portion) = NonZeroU32::new(left.min(self.burst.get())) {
            // A portion never exceeds the burst, so the only error of this call cannot occur.
            let _ = self.limiter.until_n_ready(portion).await;
            left -= portion.get();
        }
    }
}
