//! What a vendor allows on one of its days: quotas, hours, caps of single devices. The table `day` of an app's settings.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use crate::{Lane, SettingsError, Timestamp};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// The limits of one app's day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Day {
    /// How far the vendor's day is ahead of UTC, seconds.
    pub utc_offset_s: i64,
    /// By quota, as [`crate::Class::quota`] names them.
    pub quotas: BTreeMap<String, DailyQuota>,
    /// Pushes that a device may get a day, by class, else by quota: those of one entry are counted together. 0: any number.
    pub device_caps: BTreeMap<String, u8>,
}

/// One quota.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DailyQuota {
    /// Targets a day that the app may send to.
    pub limit: DailyLimit,
    /// What part of it each lane may use up.
    pub ceilings: Ceilings,
    /// What happens to a job when it is spent.
    pub spent: OnSpent,
    /// When the vendor takes pushes of it, on its clock.
    pub hours: Option<Hours>,
}

/// A number, or the vendor's formula.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(untagged, expecting = "a number, or a table with devices, times, least_devices and least")]
pub enum DailyLimit {
    /// So many. 0: the vendor publishes none; its own answer alone stops the class.
    Number(u64),
    /// From the number of devices that the vendor's console shows.
    Formula(Formula),
}

/// `devices x times`, and `least` while there are fewer than `least_devices`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formula {
    /// Devices as the vendor counts them. 0: not told, so `least` holds.
    pub devices: u64,
    /// The vendor's factor.
    pub times: u64,
    /// From so many devices on the factor holds.
    pub least_devices: u64,
    /// What the vendor allows to every app.
    pub least: u64,
}

/// The part of a quota that each lane may bring the count to, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)] // the lanes
pub struct Ceilings {
    pub high: f64,
    pub normal: f64,
    pub low: f64,
}

/// What happens to a job whose quota is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnSpent {
    /// It ends as `quota_exhausted`.
    #[default]
    Drop,
    /// It waits until the quota reopens, if it lives so long.
    Hold,
}

/// Hours of a day, as `"07:00-23:00"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Hours {
    from: i64,
    until: i64,
}

impl Default for DailyLimit {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Default for Ceilings {
    fn default() -> Self {
        Self { high: 1.0, normal: 0.95, low: 0.8 }
    }
}

impl Ceilings {
    /// That of a lane.
    #[must_use]
    pub const fn of(&self, lane: Lane) -> f64 {
        match lane {
            Lane::High => self.high,
            Lane::Normal => self.normal,
            Lane::Low => self.low,
        }
    }
}

impl DailyLimit {
    /// Targets a day; 0: none is known.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Number(number) => number,
            Self::Formula(formula) if formula.devices < formula.least_devices => formula.least,
            Self::Formula(formula) => formula.devices.saturating_mul(formula.times),
        }
    }

    /// Whether it is what the vendor allows to every app because nobody said how many devices this one has.
    #[must_use]
    pub const fn is_guess(self) -> bool {
        matches!(self, Self::Formula(Formula { devices: 0, .. }))
    }
}

impl TryFrom<String> for Hours {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const RULE: &str = "must be hours of one day, such as \"07:00-23:00\"";
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute) = (hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?);
            let minutes = hour * 60 + minute;
            ((0..60).contains(&minute) && (0..=1440).contains(&minutes)).then_some(minutes)
        };
        let (from, until) = text.split_once('-').ok_or(RULE)?;
        match (minute(from), minute(until)) {
            (Some(from), Some(until)) if from < until => Ok(Self { from, until }),
            _ => Err(RULE),
        }
    }
}

impl Hours {
    /// When they next begin; `None`: it is within them.
    #[must_use]
    pub fn opening(&self, utc_offset_s: i64, now: Timestamp) -> Option<Timestamp> {
        let local = now.as_millis() + utc_offset_s * 1000;
        let (midnight, gone) = (local.div_euclid(DAY_MS) * DAY_MS, local.rem_euclid(DAY_MS));
        let at =
            |days: i64| Timestamp::from_millis(midnight + days * DAY_MS + self.from * MINUTE_MS - utc_offset_s * 1000);
        match gone {
            gone if gone < self.from * MINUTE_MS => Some(at(0)),
            gone if gone >= self.until * MINUTE_MS => Some(at(1)),
            _ => None,
        }
    }
}

impl Day {
    /// No limits.
    pub const NONE: Self = Self { utc_offset_s: 0, quotas: BTreeMap::new(), device_caps: BTreeMap::new() };

    /// For so long after an opening the vendor's refusal may be about what was before it.
    pub const MOMENT: Duration = Duration::from_secs(60);

    /// Whether the day, or the hours of a quota, began a moment ago.
    #[must_use]
    pub fn just_opened(&self, quota: &str, now: Timestamp) -> bool {
        let before = Timestamp::from_millis(now.as_millis() - 60_000);
        let hours = self.quotas.get(quota).and_then(|quota| quota.hours);
        let opened = |hours: Hours| hours.opening(self.utc_offset_s, before).is_some();
        self.number(before) != self.number(now) || hours.is_some_and(opened)
    }

    /// When the day of a time ends.
    #[must_use]
    pub const fn end(&self, now: Timestamp) -> Timestamp {
        let offset = self.utc_offset_s * 1000;
        Timestamp::from_millis((now.as_millis() + offset).div_euclid(DAY_MS) * DAY_MS + DAY_MS - offset)
    }

    /// The number of the day of a time.
    #[must_use]
    pub const fn number(&self, now: Timestamp) -> i64 {
        (now.as_millis() + self.utc_offset_s * 1000).div_euclid(DAY_MS)
    }

    /// How many pushes of a class a device may get, and under which name they are counted.
    #[must_use]
    pub fn device_cap(&self, class: &str, quota: Option<&str>) -> Option<(&str, u8)> {
        let entry = self.device_caps.get_key_value(class);
        let (name, cap) = entry.or_else(|| self.device_caps.get_key_value(quota?))?;
        (*cap > 0).then_some((name.as_str(), *cap))
    }

    /// Checks what the types do not carry. `quotas` and `classes` are all that the vendor has.
    ///
    /// # Errors
    /// The first key that is wrong.
    pub fn check(&self, quotas: &[&str], classes: &[String]) -> Result<(), SettingsError> {
        let rule = |ok: bool, key: String, value: String, rule: String| {
            if ok { Ok(()) } else { Err(SettingsError::new(key, value, rule)) }
        };
        let offset = self.utc_offset_s;
        let within = "must be -86400 to 86400 seconds; China is 28800".to_owned();
        rule((-86_400..=86_400).contains(&offset), "day.utc_offset_s".to_owned(), offset.to_string(), within)?;
        for (name, quota) in &self.quotas {
            let key = format!("day.quotas.{name}");
            let known = format!("must be one of the vendor's quotas: {}", quotas.join(", "));
            rule(quotas.contains(&name.as_str()), key.clone(), "(table)".to_owned(), known)?;
            for lane in Lane::ALL {
                let (key, ceiling) = (format!("{key}.ceilings.{}", lane.as_str()), quota.ceilings.of(lane));
                rule((0.0..=1.0).contains(&ceiling), key, ceiling.to_string(), "must be 0 to 1".to_owned())?;
            }
        }
        for (name, cap) in &self.device_caps {
            let known = quotas.contains(&name.as_str()) || classes.contains(name);
            let rule_text =
                format!("must be one of the vendor's classes or quotas: {}, {}", classes.join(", "), quotas.join(", "));
            rule(known, format!("day.device_caps.{name}"), cap.to_string(), rule_text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHINA: i64 = 28_800;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn read(json: &serde_json::Value) -> Result<Day, serde_json::Error> {
        serde_json::from_value(json.clone())
    }

    #[test]
    fn a_limit_is_a_number_or_the_vendors_formula() {
        let limit = |devices| DailyLimit::Formula(Formula { devices, times: 2, least_devices: 10_000, least: 15_000 });
        assert_eq!([0, 9999, 10_000, 5_000_000].map(|n| limit(n).number()), [15_000, 15_000, 20_000, 10_000_000]);
        assert!(limit(0).is_guess() && !limit(1).is_guess());
        let day = read(&serde_json::json!({ "quotas": { "news": { "limit": 7 }, "promo": { "limit": {
            "devices": 3, "times": 2, "least_devices": 0, "least": 0 } } } }))
        .unwrap();
        assert_eq!((day.quotas["news"].limit.number(), day.quotas["promo"].limit.number()), (7, 6));
    }

    #[test]
    fn hours_are_the_vendors_own() {
        let hours = Hours::try_from("07:00-23:00".to_owned()).unwrap();
        assert_eq!(hours.opening(CHINA, at("2026-11-20T22:59:59Z")), Some(at("2026-11-20T23:00:00Z")));
        assert_eq!(hours.opening(CHINA, at("2026-11-20T23:00:00Z")), None);
        assert_eq!(hours.opening(CHINA, at("2026-11-21T14:59:59.999Z")), None);
        assert_eq!(hours.opening(CHINA, at("2026-11-21T15:00:00Z")), Some(at("2026-11-21T23:00:00Z")));
        for wrong in ["7-23", "23:00-07:00", "07:60-08:00", "07:00-24:01", ""] {
            assert!(Hours::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_refusal_right_after_an_opening_may_be_about_what_was_before() {
        let hours = Hours::try_from("07:00-23:00".to_owned()).ok();
        let quotas = [("news".to_owned(), DailyQuota { hours, ..DailyQuota::default() })].into();
        let day = Day { utc_offset_s: CHINA, quotas, ..Day::default() };
        for (quota, now, just) in [
            ("news", "2026-11-20T23:00:30Z", true),
            ("news", "2026-11-20T23:01:30Z", false),
            ("promo", "2026-11-20T23:00:30Z", false),
            ("promo", "2026-11-21T16:00:59Z", true),
            ("promo", "2026-11-21T16:01:01Z", false),
        ] {
            assert_eq!(day.just_opened(quota, at(now)), just, "{quota} {now}");
        }
    }

    #[test]
    fn a_day_ends_at_the_vendors_midnight() {
        let day = Day { utc_offset_s: CHINA, ..Day::default() };
        assert_eq!(day.end(at("2026-11-21T15:59:59Z")), at("2026-11-21T16:00:00Z"));
        assert_eq!(day.end(at("2026-11-21T16:00:00Z")), at("2026-11-22T16:00:00Z"));
        assert_eq!(day.number(at("2026-11-21T16:00:00Z")), day.number(at("2026-11-21T15:59:59Z")) + 1);
    }

    #[test]
    fn a_class_has_its_own_cap_or_that_of_its_quota() {
        let caps = [("NEWS", 5), ("operational", 2), ("CALL", 0)].map(|(name, cap)| (name.to_owned(), cap));
        let day = Day { device_caps: caps.into(), ..Day::default() };
        assert_eq!(day.device_cap("NEWS", Some("operational")), Some(("NEWS", 5)));
        assert_eq!(day.device_cap("SOCIAL", Some("operational")), Some(("operational", 2)));
        assert_eq!(day.device_cap("CALL", Some("operational")), None);
        assert_eq!(day.device_cap("IM", None), None);
    }

    #[test]
    fn wrong_settings_are_refused_by_key() {
        let key = |json| read(&json).unwrap().check(&["news"], &["NEWS".to_owned()]).unwrap_err().key;
        assert_eq!(key(serde_json::json!({ "utc_offset_s": 90_000 })), "day.utc_offset_s");
        assert_eq!(key(serde_json::json!({ "quotas": { "nws": {} } })), "day.quotas.nws");
        assert_eq!(key(serde_json::json!({ "device_caps": { "NEWS": 1, "nws": 2 } })), "day.device_caps.nws");
        let ceilings = serde_json::json!({ "quotas": { "news": { "ceilings": { "low": 1.5 } } } });
        assert_eq!(key(ceilings), "day.quotas.news.ceilings.low");
        assert!(read(&serde_json::json!({ "quotas": { "news": { "limits": 1 } } })).is_err());
        assert!(read(&serde_json::json!({ "quotas": { "news": { "limit": -1 } } })).is_err());
    }
}
