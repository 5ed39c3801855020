//! Registration ids: their shape and their region (section 1).

use push_contract::{Action, Outcome, Reason, Refusal, Verdict};
use serde::Deserialize;

use crate::settings::{ForeignIds, Settings};

/// One of OPPO's two services; each has its own hosts and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Region {
    /// Mainland China.
    Cn,
    /// Everywhere else.
    Intl,
}

impl Region {
    /// The region that an id names.
    fn of(id: &str) -> Self {
        let parts: Vec<&str> = id.split('_').collect();
        match parts.as_slice() {
            [_] | ["CN", _] | [_, "CN", _] => Self::Cn,
            _ => Self::Intl,
        }
    }
}

/// Whether the vendor's SDK would send to this id: 32 hexadecimal digits, perhaps after a prefix, or 24 without one.
fn has_shape(id: &str) -> bool {
    let digits = id.rsplit('_').next().unwrap_or_default();
    let length = if digits.len() == id.len() { [32, 24] } else { [32, 32] };
    length.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is known of an id without asking.
fn known(settings: &Settings, id: &str) -> Option<Verdict> {
    if settings.foreign_ids == ForeignIds::Refuse && Region::of(id) != settings.region {
        // Never as a dead token: at its own region it may well live.
        return Some(Verdict::new(Action::Refused, Reason::TokenWrongApp));
    }
    let malformed = Verdict::new(Action::DeviceGone { invalid_since: None }, Reason::TokenMalformed);
    (settings.check_shape && !has_shape(id)).then_some(malformed)
}

/// For each id what is known of it; `None`: it goes to OPPO.
pub(crate) fn judge<'a>(settings: &Settings, ids: impl Iterator<Item = &'a str>) -> Vec<Option<Verdict>> {
    ids.map(|id| known(settings, id)).collect()
}

/// Refuses a job or a call none of whose ids can be sent to.
pub(crate) fn check(known: &[Option<Verdict>]) -> Result<(), Refusal> {
    if known.iter().any(Option::is_none) {
        return Ok(());
    }
    if known.iter().flatten().all(|verdict| verdict.reason == Reason::TokenMalformed) {
        let (outcome, reason) = (Outcome::InvalidToken, Reason::TokenMalformed);
        let rule = "no id has the shape of OPPO's: check_shape";
        return Err(Refusal { outcome, reason, field: "targets".to_owned(), rule: rule.to_owned() });
    }
    let rule = "ids of another region than the app's setting: send them to an app of that region";
    Err(Refusal::rejected(Reason::TokenWrongApp, "targets", rule))
}

#[cfg(test)]
mod tests {
    use super::{Region, has_shape};

    #[test]
    fn an_id_names_its_region() {
        let table = [
            ("b6bbd94b59cdb5df8391642c1509b7fe", Region::Cn),
            ("CN_b6bbd94b59cdb5df8391642c1509b7fe", Region::Cn),
            ("OPPO_CN_b6bbd94b59cdb5df8391642c1509b7fe", Region::Cn),
            ("IN_b6bbd94b59cdb5df8391642c1509b7fe", Region::Intl),
            ("OPPO_IN_b6bbd94b59cdb5df8391642c1509b7fe", Region::Intl),
            ("CN_OPPO_b6bbd94b59cdb5df8391642c1509b7fe", Region::Intl),
            ("A_CN_B_b6bbd94b59cdb5df8391642c1509b7fe", Region::Intl),
        ];
        for (id, region) in table {
            assert_eq!(Region::of(id), region, "{id}");
        }
    }

    #[test]
    fn an_id_has_a_shape() {
        let hex = "b6bbd94b59cdb5df8391642c1509b7fe";
        for good in [hex, &format!("CN_{hex}"), &format!("OPPO_CN_{hex}"), &hex[..24]] {
            assert!(has_shape(good), "{good}");
        }
        for bad in
            ["", "_", "T1", &hex[1..], &format!("CN_{}", &hex[..24]), &format!("CN{hex}"), &hex.replace('b', "g")]
        {
            assert!(!has_shape(bad), "{bad}");
        }
    }
}
