use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Schema as Described, SchemaType};
use utoipa::{IntoParams, ToSchema};

use super::message::one_of;
use super::{Schema, Violations};

#[derive(Debug, PartialEq, Deserialize, ToSchema)]
struct Order {
    #[schema(value_type = contract::schema::Label)]
    name: String,
    size: Size,
    #[schema(minimum = 1, maximum = 9)]
    count: i64,
    #[serde(default)]
    gift: bool,
    #[serde(default)]
    #[schema(min_items = 1, max_items = 3)]
    lines: Vec<Line>,
    #[serde(default)]
    parcel: Option<Parcel>,
    #[serde(default)]
    note: Value,
}

#[derive(Debug, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Size {
    Small,
    Large,
}

#[derive(Debug, PartialEq, Deserialize, ToSchema)]
struct Line {
    #[schema(min_length = 1, max_length = 5)]
    text: String,
}

/// A choice by `type`.
#[derive(Debug, PartialEq, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Parcel {
    Box {
        #[schema(minimum = 1)]
        litres: i64,
    },
    Letter {
        #[serde(default)]
        registered: bool,
    },
}

static ORDER: LazyLock<Schema> = LazyLock::new(Schema::of::<Order>);

fn refusal<T: DeserializeOwned + std::fmt::Debug>(schema: &Schema, input: Value) -> String {
    let violations = schema.read::<T>(input).expect_err("the input breaks rules");
    violations.iter().map(|one| format!("{} {}\n", one.field, one.message)).collect()
}

fn violations(input: Value) -> String {
    refusal::<Order>(&ORDER, input)
}

#[test]
fn good_input_is_read() {
    let input = json!({
        "name": "a-1", "size": "large", "count": 9, "gift": null, "lines": [{ "text": "héllo" }],
        "parcel": { "type": "letter", "registered": null }, "note": { "a": null, "b": 1.0 },
    });
    let order = Order {
        name: "a-1".into(),
        size: Size::Large,
        count: 9,
        gift: false,
        lines: vec![Line { text: "héllo".into() }],
        parcel: Some(Parcel::Letter { registered: false }),
        note: json!({ "a": null, "b": 1.0 }),
    };
    assert_eq!(ORDER.read::<Order>(input), Ok(order));
}

#[test]
fn every_violation_is_listed_with_its_path() {
    insta::assert_snapshot!(violations(json!({
        "name": "-a", "size": "medium", "gift": "yes", "colour": "red", "tone/~": 1,
        "lines": [{ "text": "" }, 7, { "text": "a\0", "x": 1 }],
        "note": { "a": ["b", "\0"], "7": "\0" },
    })), @r"
    colour is not a known field
    count is required
    gift must be true or false
    lines[0].text must have 1 to 5 characters
    lines[1] must be an object
    lines[2].text must not contain the character U+0000
    lines[2].x is not a known field
    name must be a lower-case DNS label: a-z, 0-9 and '-', with no '-' at either end
    note.7 must not contain the character U+0000
    note.a[1] must not contain the character U+0000
    size must be one of small, large
    tone/~ is not a known field
    ");
}

/// Texts with a format, and a value with limits of its own.
#[derive(Debug, PartialEq, Deserialize, ToSchema)]
struct Entry {
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = DateTime)]
    at: String,
    #[schema(schema_with = limited)]
    data: Value,
}

fn limited() -> Described {
    let limits = ExtensionsBuilder::new().add("x-max-bytes", 11).add("x-max-levels", 2);
    let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    any.extensions(Some(limits.build())).build().into()
}

#[test]
fn formats_and_limits_of_values_are_rules() {
    let schema = Schema::of::<Entry>();
    let entry = |data: Value| {
        json!({
            "id": "01a2275b-b004-75ca-aee1-9f1005e713fb", "at": "2026-01-31T12:00:00Z",
            "data": data,
        })
    };
    schema.read::<Entry>(entry(json!({ "a": ["b"] }))).expect("11 bytes in 2 levels");
    insta::assert_snapshot!(refusal::<Entry>(&schema, entry(json!({ "a": ["bc"] }))), @"data must have at most 11 bytes as JSON, has 12");
    insta::assert_snapshot!(refusal::<Entry>(&schema, entry(json!([[[]]]))), @"data must be nested at most 2 levels deep");
    let bad = json!({ "id": "7", "at": "2026-01-31 12:00", "data": 1 });
    insta::assert_snapshot!(refusal::<Entry>(&schema, bad), @"
    at must be a time like 2026-01-31T12:00:00Z (RFC 3339)
    id must be a UUID
    ");
}

#[test]
fn a_limit_of_json_is_the_largest_that_is_allowed() {
    let value = json!({ "a": ["b"] });
    for (bytes, levels, violation) in [
        (11, 2, None),
        (10, 2, Some("must have at most 10 bytes as JSON, has 11")),
        (11, 1, Some("must be nested at most 1 levels deep")),
    ] {
        let mut violations = Violations::default();
        violations.limit_json("field", &value, bytes, levels);
        let messages = violations.or(()).err().unwrap_or_default();
        assert_eq!(messages.first().map(|one| &*one.message), violation, "{bytes} {levels}");
    }
}

#[test]
fn no_key_has_a_nul() {
    let input = json!({ "name": "a", "size": "small", "count": 1, "note": { "c\0": 1 } });
    assert_eq!(violations(input), "note.c\0 must have a key without U+0000\n");
}

#[test]
fn wrong_shapes_are_named() {
    insta::assert_snapshot!(violations(json!([])), @"$ must be an object");
    insta::assert_snapshot!(violations(Value::Null), @"$ must be an object");
    insta::assert_snapshot!(
        violations(json!({ "name": null, "size": 1, "count": 10, "lines": [{}, {}, {}, {}] })),
        @r"
        count must be a whole number from 1 to 9
        lines must have 1 to 3 elements, has 4
        lines[0].text is required
        lines[1].text is required
        lines[2].text is required
        lines[3].text is required
        name must not be null
        size must be one of small, large
        "
    );
    insta::assert_snapshot!(
        violations(json!({ "name": "a", "size": "small", "count": 1.5, "lines": {} })),
        @r"
        count must be a whole number from 1 to 9
        lines must be an array
        "
    );
}

#[test]
fn of_a_choice_the_closest_one_is_told() {
    let parcel = |parcel: Value| {
        violations(json!({ "name": "a", "size": "small", "count": 1, "parcel": parcel }))
    };
    insta::assert_snapshot!(parcel(json!({ "type": "bag", "litres": 0 })), @"parcel.type must be one of box, letter");
    insta::assert_snapshot!(parcel(json!({ "litres": 0 })), @r"
    parcel.litres must be a whole number of at least 1
    parcel.type is required
    ");
    insta::assert_snapshot!(parcel(json!({ "type": "box", "litres": 0 })), @"parcel.litres must be a whole number of at least 1");
    insta::assert_snapshot!(parcel(json!({ "type": "letter", "litres": 2 })), @"parcel.litres is not a known field");
    insta::assert_snapshot!(parcel(json!(7)), @"parcel must be an object");
}

#[derive(Debug, PartialEq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    #[param(minimum = 1, maximum = 9)]
    count: Option<i64>,
    ratio: Option<f64>,
    gift: Option<bool>,
    name: String,
}

#[test]
fn a_query_is_read_from_texts_and_a_body_is_not() {
    let schema = Schema::of_query::<Query>();
    let input = json!({ "count": "3", "ratio": "0.5", "gift": "true", "name": "12" });
    let query: Query = schema.read_text(input).expect("a query's values are text");
    let expected = Query { count: Some(3), ratio: Some(0.5), gift: Some(true), name: "12".into() };
    assert_eq!(query, expected);
    let bad = json!({ "count": "ten", "ratio": "nan", "gift": "yes", "colour": "red" });
    let violations = schema.read_text::<Query>(bad).expect_err("a bad query");
    let lines: Vec<_> =
        violations.iter().map(|one| format!("{} {}", one.field, one.message)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    colour is not a known field
    count must be a whole number from 1 to 9
    gift must be true or false
    name is required
    ratio must be a number
    ");
    insta::assert_snapshot!(self::violations(
        json!({ "name": "a", "size": "small", "count": "3", "gift": "true" })
    ), @r"
    count must be a whole number from 1 to 9
    gift must be true or false
    ");
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let count = |count: Value| {
        let input = json!({ "name": "a", "size": "small", "count": count });
        ORDER.read::<Order>(input).map(|order| order.count).ok()
    };
    assert_eq!(count(json!(3.0)), Some(3));
    assert_eq!(count(json!(3.5)), None);
    assert_eq!(count(json!(1e300)), None);
}

#[test]
fn a_message_never_repeats_a_value() {
    let secret = "hunter2hunter2";
    let text = violations(json!({
        "name": secret.to_uppercase(), "size": secret, "count": secret, "gift": secret,
        "lines": [{ "text": secret }, secret], "parcel": { "type": secret },
    }));
    assert!(!text.to_lowercase().contains(secret), "{text}");
    assert_eq!(one_of(&[json!("a"), json!("b")]), "must be one of a, b");
}

/// A type that its schema does not describe.
#[derive(Debug, ToSchema)]
struct Odd {
    #[expect(dead_code, reason = "only its schema is of interest")]
    name: String,
}

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("hunter2"))
    }
}

#[test]
fn what_only_serde_refuses_is_one_violation_without_the_value() {
    let schema = Schema::of::<Odd>();
    insta::assert_snapshot!(refusal::<Odd>(&schema, json!({ "name": "hunter2" })), @"$ is not valid");
}

/// Twice as much of the same takes at most about twice as long.
#[test]
fn large_input_is_refused_in_linear_time() {
    let time = |count: usize| {
        let fields: serde_json::Map<_, _> =
            (0..count).map(|number| (format!("f{number}"), json!(number))).collect();
        let elements = vec![json!({ "text": 7, "x": 1 }); count];
        let start = Instant::now();
        let unknown = ORDER.read::<Order>(Value::Object(fields)).expect_err("unknown fields");
        assert_eq!(unknown.len(), count + 3);
        let lines = ORDER.read::<Order>(json!({ "lines": elements })).expect_err("bad lines");
        assert_eq!(lines.len(), 2 * count + 4);
        start.elapsed()
    };
    let small = (0..3).map(|_| time(500)).min().unwrap_or_default();
    let large = time(8_000);
    assert!(
        large < small * 80 + Duration::from_millis(200),
        "{small:?}, 16 times as much {large:?}"
    );
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,5}".prop_map(Value::from),
        "[0-9TZ:.+-]{0,25}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_input_panics_and_every_refusal_says_why(
        fields in prop::collection::btree_map(
            prop_oneof!["name", "size", "count", "gift", "lines", "parcel", "note", "[a-z]{3}"],
            json_value(),
            0..5,
        ),
    ) {
        let input: Value = fields.into_iter().collect();
        if let Err(violations) = ORDER.read::<Order>(input) {
            prop_assert!(violations.iter().all(|v| !v.field.is_empty() && v.message != "is not valid"));
        }
    }

    #[test]
    fn a_label_is_what_rfc_1123_says(text in "[a-zA-Z0-9-]{0,65}") {
        let expected = (1..=63).contains(&text.len())
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains(|c: char| c.is_ascii_uppercase());
        let input = json!({ "name": text, "size": "small", "count": 1 });
        prop_assert_eq!(ORDER.read::<Order>(input).is_ok(), expected);
    }
}
