//! Turns the validator's errors into violations, one for each field.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::paths::Location;
use serde_json::Value;

use super::limits::{MAX_BYTES, MAX_LEVELS};
use super::message::{self, IS_REQUIRED, MUST_NOT_BE_NULL, UNKNOWN_FIELD};
use super::{child_path, element_path};
use crate::problem::Violation;

/// The value that was validated, and its schema.
#[derive(Clone, Copy)]
pub(super) struct Validated<'v> {
    pub(super) schema: &'v Value,
    pub(super) value: &'v Value,
}

/// A step from a value to a part of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Index(usize),
    Name(String),
}

/// A rule that a field breaks.
struct BrokenRule {
    /// The keyword of the schema; `null` for a field that must not be null.
    keyword: &'static str,
    message: String,
    /// The words that are allowed.
    words: Vec<Value>,
}

/// The broken rule of each field.
type BrokenRules = BTreeMap<Vec<Segment>, BrokenRule>;

impl Validated<'_> {
    /// All violations, ordered by field.
    pub(super) fn violations<'e>(
        self,
        errors: impl Iterator<Item = ValidationError<'e>>,
    ) -> Vec<Violation> {
        let broken = self.broken(errors).into_iter();
        broken
            .map(|(path, rule)| Violation { field: field(&path), message: rule.message })
            .collect()
    }

    fn broken<'e>(self, errors: impl Iterator<Item: Borrow<ValidationError<'e>>>) -> BrokenRules {
        let mut broken = BrokenRules::new();
        for error in errors {
            for (path, rule) in self.of_error(error.borrow()) {
                match broken.get(&path) {
                    Some(earlier) if rank(earlier.keyword) <= rank(rule.keyword) => {}
                    _ => {
                        broken.insert(path, rule);
                    }
                }
            }
        }
        broken
    }

    fn of_error(self, error: &ValidationError<'_>) -> BrokenRules {
        let path = self.path(error.instance_path());
        let below = |name: &str, keyword, message: String| {
            let path = path.iter().cloned().chain([Segment::Name(name.to_owned())]).collect();
            (path, BrokenRule { keyword, message, words: Vec::new() })
        };
        let schema = self.schema_at(error.schema_path());
        match error.kind() {
            Kind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                [below(name, "required", IS_REQUIRED.to_owned())].into()
            }
            Kind::AdditionalProperties { unexpected } => {
                let unknown =
                    |name: &String| below(name, "additionalProperties", UNKNOWN_FIELD.to_owned());
                unexpected.iter().map(unknown).collect()
            }
            Kind::PropertyNames { error } => {
                let name = error.instance().as_str().unwrap_or_default();
                let schema = self.schema_at(error.schema_path());
                [below(name, "propertyNames", message::of_key(schema))].into()
            }
            Kind::OneOfNotValid { context } | Kind::AnyOf { context }
                if message::own(schema).is_none() =>
            {
                choice(context.iter().map(|errors| self.broken(errors.iter())).collect())
            }
            Kind::Type { .. }
                if error.instance().is_null() && matches!(path.last(), Some(Segment::Name(_))) =>
            {
                let message = MUST_NOT_BE_NULL.to_owned();
                [(path, BrokenRule { keyword: "null", message, words: Vec::new() })].into()
            }
            kind => {
                let keyword = keyword(kind);
                let message = message::of_value(schema, keyword, error.instance());
                let words = schema["enum"].as_array().cloned().unwrap_or_default();
                [(path, BrokenRule { keyword, message, words })].into()
            }
        }
    }

    /// The part of the schema that has the keyword at this path.
    fn schema_at(&self, path: &Location) -> &Value {
        let parent = path.as_str().rsplit_once('/').map_or("", |(parent, _)| parent);
        self.schema.pointer(parent).unwrap_or(&Value::Null)
    }

    /// The path of a part of the value. Only the value tells the element 1 from
    /// the field `1`.
    fn path(self, path: &Location) -> Vec<Segment> {
        let mut value = self.value;
        let steps = path.as_str().split('/').skip(1);
        steps
            .map(|step| match value.as_array() {
                Some(elements) => {
                    let index = step.parse().unwrap_or_default();
                    value = elements.get(index).unwrap_or(&Value::Null);
                    Segment::Index(index)
                }
                None => {
                    let name = step.replace("~1", "/").replace("~0", "~");
                    value = value.get(&name).unwrap_or(&Value::Null);
                    Segment::Name(name)
                }
            })
            .collect()
    }
}

/// The order in which the rules of a field are of interest: a value of the wrong
/// type breaks others too.
fn rank(keyword: &str) -> usize {
    let order = ["null", "enum", "type", "minLength", "maxLength", "pattern", "format", MAX_LEVELS];
    order.iter().position(|known| *known == keyword).unwrap_or(order.len())
}

/// The keyword of an error, as far as it makes a difference.
fn keyword(kind: &Kind) -> &'static str {
    match kind {
        Kind::Type { .. } => "type",
        Kind::Enum { .. } => "enum",
        Kind::MinLength { .. } => "minLength",
        Kind::MaxLength { .. } => "maxLength",
        Kind::MinItems { .. } | Kind::MaxItems { .. } => "items",
        Kind::MinProperties { .. } | Kind::MaxProperties { .. } => "properties",
        Kind::Minimum { .. } | Kind::Maximum { .. } => "range",
        Kind::Pattern { .. } => "pattern",
        Kind::Format { .. } => "format",
        Kind::Custom { keyword, .. } if keyword == MAX_BYTES => MAX_BYTES,
        Kind::Custom { keyword, .. } if keyword == MAX_LEVELS => MAX_LEVELS,
        _ => "other",
    }
}

/// The broken rules of the choice that the value comes closest to. The word that
/// tells choices apart, such as `type`, decides first.
fn choice(choices: Vec<BrokenRules>) -> BrokenRules {
    let words =
        |broken: &BrokenRules| broken.values().filter(|rule| rule.keyword == "enum").count();
    if choices.iter().all(|broken| words(broken) > 0) {
        let word =
            |broken: BrokenRules| broken.into_iter().find(|(_, rule)| rule.keyword == "enum");
        let mut all = choices.into_iter().filter_map(word);
        let Some((path, mut first)) = all.next() else { return BrokenRules::new() };
        first.words.extend(all.flat_map(|(_, rule)| rule.words));
        first.message = message::one_of(&first.words);
        return [(path, first)].into();
    }
    choices.into_iter().min_by_key(|broken| (words(broken), broken.len())).unwrap_or_default()
}

/// The path as it is written in a violation: `channels[0].url`.
fn field(path: &[Segment]) -> String {
    if path.is_empty() {
        return "$".to_owned();
    }
    path.iter().fold(String::new(), |path, segment| match segment {
        Segment::Index(index) => element_path(&path, *index),
        Segment::Name(name) => child_path(&path, name),
    })
}
