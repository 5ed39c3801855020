//! Registration ids: their region (section 1).

use push_contract::{Reason, Refusal};
use serde::{Deserialize, Serialize};

use crate::settings::{ForeignIds, Settings};

/// One of OPPO's two services; each has its own host and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

    /// The realm of its ids.
    const fn realm(self) -> &'static str {
        match self {
            Self::Cn => "cn",
            Self::Intl => "intl",
        }
    }
}

/// The region whose host an id is sent to: its own.
pub(crate) fn region(settings: &Settings, id: &str) -> Result<Region, Refusal> {
    let own = Region::of(id);
    if settings.foreign_ids == ForeignIds::Refuse && own != settings.region {
        // Never as a dead token: at its own region it may well live.
        let rule = "an id of the other region: foreign_ids = \"route\" sends it to that region's host";
        return Err(Refusal::rejected(Reason::TokenWrongApp, "targets", rule));
    }
    Ok(own)
}

/// The realm of an id: its region, else why it is not sent, so that no id is refused for another's sake.
pub(crate) fn realm(settings: &Settings, id: &str) -> &'static str {
    region(settings, id).map_or_else(|refusal| refusal.reason.as_str(), Region::realm)
}

#[cfg(test)]
mod tests {
    use super::Region;

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
}
