//! Escaping text in a URL.

/// Escapes text for use as a value in a query (RFC 3986, section 2.3: all but
/// the unreserved characters).
pub fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_are_left_as_they_are() {
        assert_eq!(escape("rr-1_a.b~c"), "rr-1_a.b~c");
        assert_eq!(escape("a b&c=d+ü/%"), "a%20b%26c%3Dd%2B%C3%BC%2F%25");
    }
}
