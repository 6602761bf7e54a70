//! The canonical form in which content is stored and hashed.

use contract::datastorage::Step;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Content as JSON without spaces and with sorted keys, and its SHA-256. The
/// hash does not depend on the order of keys in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalContent {
    /// The JSON.
    pub text: String,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub hash: String,
}

/// Writes content in its canonical form.
///
/// # Errors
/// When it cannot be written as JSON, which is a bug.
pub fn canonical(content: &[Step]) -> Result<CanonicalContent, serde_json::Error> {
    let mut value = serde_json::to_value(content)?;
    // Maps are sorted by default, but any crate of the build can enable
    // `preserve_order` of serde_json. The hash must not depend on that.
    value.sort_all_objects();
    let text = Value::to_string(&value);
    let hash = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(CanonicalContent { text, hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> CanonicalContent {
        let steps: Vec<Step> = serde_json::from_str(text).expect("steps");
        canonical(&steps).expect("JSON")
    }

    #[test]
    fn the_hash_is_that_of_the_text_without_spaces_and_with_sorted_keys() {
        let canonical =
            read(r#"[ {"url": "http://a", "type": "http", "expect": {"b": 1, "a": 2.50}} ]"#);
        assert_eq!(
            canonical.text,
            r#"[{"expect":{"a":2.5,"b":1},"type":"http","url":"http://a"}]"#
        );
        // printf '%s' '<the text>' | sha256sum
        assert_eq!(
            canonical.hash,
            "5ac8aebf3d506f4dbee860fdfcb982425df4e58ac24c579ce70aa780dbe123fd"
        );
    }

    #[test]
    fn the_order_of_steps_counts_and_that_of_keys_does_not() {
        let one = read(r#"[{"type":"wait","for":"1s"},{"type":"http"}]"#);
        assert_eq!(one, read(r#"[{"for":"1s","type":"wait"},{"type":"http"}]"#));
        assert_ne!(one.hash, read(r#"[{"type":"http"},{"type":"wait","for":"1s"}]"#).hash);
    }
}
