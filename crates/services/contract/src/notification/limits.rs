//! How many characters the texts of a notification may have.

/// Of the subject.
pub const SUBJECT: usize = 200;
/// Of the body.
pub const BODY: usize = 20_000;
/// Of a link's text.
pub const LINK_LABEL: usize = 100;
/// Of a link's address.
pub const LINK_URL: usize = 2000;
/// Of a key of the labels or the metadata.
pub const KEY: usize = 100;
/// Of a label's value.
pub const LABEL_VALUE: usize = 1000;
/// Of a text of the metadata.
pub const METADATA_TEXT: usize = 2000;

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;
    use crate::notification::{ActionLink, Spec};

    /// Attributes take literals only.
    #[test]
    fn the_schema_says_the_same() {
        fn limit<T: PartialSchema>(field: &str) -> Value {
            let schema = serde_json::to_value(T::schema()).expect("JSON");
            schema["properties"][field]["maxLength"].clone()
        }
        assert_eq!(limit::<Spec>("subject"), SUBJECT);
        assert_eq!(limit::<Spec>("body"), BODY);
        assert_eq!(limit::<ActionLink>("label"), LINK_LABEL);
        assert_eq!(limit::<ActionLink>("url"), LINK_URL);
    }
}
