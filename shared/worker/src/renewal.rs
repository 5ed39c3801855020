//! What a human must renew, and when it ends. It is read off what the process needs anyway, the certificates of a
//! connection and the dates of rights in the settings: so it holds for every vendor, and no vendor knows.
//!
//! Tokens are not among it: they are renewed by themselves. Keys and secrets of which nothing says when they end are not
//! either.

use std::{collections::BTreeMap, time::Duration};

use push_contract::{Connection, Timestamp};
use x509_parser::pem::Pem;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// From so long before its end on `--check-config` and the log speak of it, as the alert does.
const SOON: Duration = Duration::from_secs(30 * 24 * 3600);

/// Something that ends unless somebody renews it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    /// `certificate`, `authorities`, or the key of a right.
    pub(crate) what: String,
    /// When.
    pub(crate) at: Timestamp,
}

impl Ending {
    /// What ends of one app: of its connection, and its rights with dates, by key.
    #[must_use]
    pub(crate) fn all(connection: &Connection, rights: &BTreeMap<String, Timestamp>) -> Vec<Self> {
        // A chain is as good as the first of it that ends; of the authorities others may vouch when one has ended.
        let certificate = connection.identity.as_ref().and_then(|pem| ends(pem.reveal()).min());
        let authorities = connection.authorities.as_ref().and_then(|pem| ends(pem).max());
        let named = [("certificate", certificate), ("authorities", authorities)];
        let named = named.into_iter().filter_map(|(what, at)| Some((what.to_owned(), at?)));
        named.chain(rights.clone()).map(|(what, at)| Self { what, at }).collect()
    }

    /// What to tell an operator at `now`, if it is time.
    #[must_use]
    pub(crate) fn warning(&self, now: Timestamp) -> Option<String> {
        let Self { what, at } = self;
        let left = at.since(now);
        if *at <= now {
            Some(format!("{what}: ended at {at}: put a new one into its place"))
        } else if left < SOON {
            Some(format!("{what}: ends at {at}, in {} days: renew it", left.as_secs() / DAY.as_secs()))
        } else {
            None
        }
    }
}

/// When each certificate of a PEM text ends. What is none was refused when the connection's client was made.
fn ends(pem: &str) -> impl Iterator<Item = Timestamp> {
    Pem::iter_from_buffer(pem.as_bytes()).map_while(Result::ok).filter_map(|block| {
        let end = block.parse_x509().ok()?.validity().not_after.timestamp();
        Some(Timestamp::from_millis(end.saturating_mul(1000)))
    })
}

#[cfg(test)]
mod tests {
    use push_contract::Secret;

    use super::*;

    /// Ends 2027-03-01T12:00:00Z.
    const LATER: &str = "-----BEGIN CERTIFICATE-----
MIH/MIGmAgEBMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAWEwHhcNMjYwMTAxMDAw
MDAwWhcNMjcwMzAxMTIwMDAwWjAMMQowCAYDVQQDDAFhMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEI/gFmwfrPLbobeGfKI0rWXw9F3t9sDCBAE1YuvHgF5O2rxMV
HBR+Dhr8a3G3Fn63ByIShEYKvfHJX1DZecnUeTAKBggqhkjOPQQDAgNIADBFAiEA
+6es4KQ/zdLmaGkVKu6UxKQvzXNuMyDMbSWD9pnH3uQCIGs6X3X+p7WjI8Lh4zUW
600YAoTaqRBueQ7pAjtsJH60
-----END CERTIFICATE-----";
    /// Ends 2027-02-15T00:00:00Z.
    const EARLIER: &str = "-----BEGIN CERTIFICATE-----
MIH/MIGmAgECMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAWEwHhcNMjYwMTAxMDAw
MDAwWhcNMjcwMjE1MDAwMDAwWjAMMQowCAYDVQQDDAFhMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEI/gFmwfrPLbobeGfKI0rWXw9F3t9sDCBAE1YuvHgF5O2rxMV
HBR+Dhr8a3G3Fn63ByIShEYKvfHJX1DZecnUeTAKBggqhkjOPQQDAgNIADBFAiEA
6ZDLDhjneV5bZLLov+ETPyVhnqNtFuZVFKtcxlrVsSMCID/QLdV51D1ojSnCQN0l
jJSaPd+CkKGRteeyq0+XIffo
-----END CERTIFICATE-----";

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn of(connection: &Connection) -> Vec<(String, Timestamp)> {
        Ending::all(connection, &BTreeMap::new()).into_iter().map(|ending| (ending.what, ending.at)).collect()
    }

    #[test]
    fn a_chain_ends_with_its_first_and_authorities_with_their_last() {
        let (later, earlier) = (at("2027-03-01T12:00:00Z"), at("2027-02-15T00:00:00Z"));
        // The key stands in the same text.
        let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----";
        let both = format!("{key}\n{LATER}\n{EARLIER}\n");
        let identity = Some(Secret::new(both.as_str()));
        let shown = Connection { identity, ..Connection::default() };
        assert_eq!(of(&shown), [("certificate".to_owned(), earlier)]);
        let trusted = Connection { authorities: Some(both), ..Connection::default() };
        assert_eq!(of(&trusted), [("authorities".to_owned(), later)]);
    }

    #[test]
    fn what_has_no_end_is_not_there() {
        assert_eq!(of(&Connection::default()), []);
        let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----";
        for text in ["", "no PEM", key, &LATER[..200]] {
            let identity = Some(Secret::new(text));
            assert_eq!(of(&Connection { identity, ..Connection::default() }), [], "{text}");
        }
    }

    #[test]
    fn it_is_spoken_of_from_thirty_days_before_on() {
        let rights = BTreeMap::from([("vip".to_owned(), at("2026-12-31T00:00:00Z"))]);
        let [ending] = Ending::all(&Connection::default(), &rights).try_into().unwrap();
        let said = |now| ending.warning(at(now));
        assert_eq!(said("2026-12-01T00:00:00Z"), None);
        assert_eq!(said("2026-12-20T12:00:00Z").unwrap(), "vip: ends at 2026-12-31T00:00:00Z, in 10 days: renew it");
        assert_eq!(
            said("2026-12-31T00:00:00Z").unwrap(),
            "vip: ended at 2026-12-31T00:00:00Z: put a new one into its place"
        );
    }
}
