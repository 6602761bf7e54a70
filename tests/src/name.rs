//! Unique names.

use uuid::Uuid;

/// `<prefix>-<32 hex digits>`: a DNS label that is unique over all runs. The
/// prefix must be a label of at most 30 characters.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}-{}", Uuid::now_v7().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_fit_a_label() {
        let prefix = "x".repeat(30);
        let (first, second) = (unique(&prefix), unique(&prefix));
        assert_ne!(first, second);
        assert_eq!(first.len(), 63);
    }
}
