//! OPPO's two services and which of them a registration id belongs to (section 1).

use http::Uri;
use push_contract::{SettingsError, kit::settings::paths};

use crate::settings::Settings;

/// The service in mainland China and the one everywhere else: each has its own host and its own tokens.
const CN: &str = "cn";
const INTL: &str = "intl";

const PATHS: [&str; 5] = [
    "/server/v1/auth",
    "/server/v1/message/notification/unicast",
    "/server/v1/message/notification/unicast_batch",
    "/server/v1/message/notification/save_message_content",
    "/server/v1/message/notification/broadcast",
];

/// The service that an id names.
pub(crate) fn realm(id: &str) -> &'static str {
    let parts: Vec<&str> = id.split('_').collect();
    match parts.as_slice() {
        [_] | ["CN", _] | [_, "CN", _] => CN,
        _ => INTL,
    }
}

/// The addresses of both services, in the order of [`PATHS`].
#[derive(Debug)]
pub(crate) struct Hosts {
    cn: [Uri; 5],
    intl: [Uri; 5],
}

impl Hosts {
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let (cn, intl) = (&settings.cn_url, &settings.intl_url);
        Ok(Self { cn: paths("cn_url", cn, PATHS)?, intl: paths("intl_url", intl, PATHS)? })
    }

    /// Those of a realm; of none: of mainland China.
    pub(crate) fn at(&self, realm: &str) -> &[Uri; 5] {
        if realm == INTL { &self.intl } else { &self.cn }
    }
}

#[cfg(test)]
mod tests {
    use super::{CN, INTL, realm};

    #[test]
    fn an_id_names_its_service() {
        let table = [
            ("b6bbd94b59cdb5df8391642c1509b7fe", CN),
            ("CN_b6bbd94b59cdb5df8391642c1509b7fe", CN),
            ("OPPO_CN_b6bbd94b59cdb5df8391642c1509b7fe", CN),
            ("IN_b6bbd94b59cdb5df8391642c1509b7fe", INTL),
            ("OPPO_IN_b6bbd94b59cdb5df8391642c1509b7fe", INTL),
            ("CN_OPPO_b6bbd94b59cdb5df8391642c1509b7fe", INTL),
            ("A_CN_B_b6bbd94b59cdb5df8391642c1509b7fe", INTL),
        ];
        for (id, wanted) in table {
            assert_eq!(realm(id), wanted, "{id}");
        }
    }
}
