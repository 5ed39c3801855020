//! Settings as the worker would hand them to a vendor.

use push_contract::Vendor;
use serde_json::Value;

/// The vendor's defaults, overlaid by these settings; tables are overlaid key by key, everything else is replaced and
/// `null` takes a key away.
///
/// # Errors
/// When the defaults are no TOML.
pub fn with_defaults(vendor: &dyn Vendor, settings: &Value) -> Result<Value, String> {
    let defaults: Value =
        toml::from_str(vendor.profile().defaults).map_err(|error| format!("the defaults are no TOML: {error}"))?;
    Ok(overlaid(defaults, settings))
}

/// `base`, overlaid as in [`with_defaults`].
#[must_use]
pub fn overlaid(mut base: Value, over: &Value) -> Value {
    match (&mut base, over) {
        (Value::Object(keys), Value::Object(over)) => {
            for (key, value) in over {
                if value.is_null() {
                    keys.remove(key);
                } else {
                    let below = keys.remove(key).unwrap_or_default();
                    keys.insert(key.clone(), overlaid(below, value));
                }
            }
            base
        }
        _ => over.clone(),
    }
}
