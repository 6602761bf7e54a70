use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FromInput, Node, from_json, from_text};

#[derive(Debug, PartialEq)]
struct Order {
    name: String,
    size: char,
    count: i64,
    gift: Option<bool>,
    lines: Vec<String>,
}

impl FromInput for Order {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let name = object.required("name", Node::label);
            let size =
                object.required("size", |node| node.one_of(&[("small", 's'), ("large", 'l')]));
            let count = object.required("count", |node| node.integer(1..=9));
            let gift = object.optional("gift", Node::boolean);
            let lines = object.optional("lines", |node| {
                node.array(1..=3, |line| {
                    line.object(|line| line.required("text", |node| node.string(1..=5)))
                })
            });
            Some(Self {
                name: name?,
                size: size?,
                count: count?,
                gift: gift?,
                lines: lines?.unwrap_or_default(),
            })
        })
    }
}

fn violations(input: &Value) -> String {
    from_json::<Order>(input)
        .expect_err("the input breaks rules")
        .iter()
        .map(|violation| format!("{} {}\n", violation.field, violation.message))
        .collect()
}

#[test]
fn good_input_is_read() {
    let input = json!({
        "name": "a-1", "size": "large", "count": 9, "gift": null, "lines": [{ "text": "héllo" }],
    });
    let order =
        Order { name: "a-1".into(), size: 'l', count: 9, gift: None, lines: vec!["héllo".into()] };
    assert_eq!(from_json(&input), Ok(order));
}

#[test]
fn every_violation_is_listed_with_its_path() {
    let input = json!({
        "name": "-a", "size": "medium", "gift": "yes", "colour": "red",
        "lines": [{ "text": "" }, 7, { "text": "a\0", "x": 1 }],
    });
    insta::assert_snapshot!(violations(&input), @r"
    name must be a lower-case DNS label: a-z, 0-9 and '-', with no '-' at either end
    size must be one of small, large
    count is required
    gift must be true or false
    lines[0].text must have 1 to 5 characters
    lines[1] must be an object
    lines[2].text must not contain the character U+0000
    lines[2].x is not a known field
    colour is not a known field
    ");
}

#[test]
fn wrong_shapes_are_named() {
    insta::assert_snapshot!(violations(&json!([])), @"$ must be an object");
    insta::assert_snapshot!(
        violations(&json!({ "name": null, "size": 1, "count": 10, "lines": [1, 2, 3, 4] })),
        @r"
    name must not be null
    size must be one of small, large
    count must be a whole number from 1 to 9
    lines must have 1 to 3 elements, has 4
    "
    );
    insta::assert_snapshot!(
        violations(&json!({ "name": "a", "size": "small", "count": 1.5, "lines": {} })),
        @r"
    count must be a whole number from 1 to 9
    lines must be an array
    "
    );
}

#[test]
fn numbers_are_read_from_text_in_a_query_only() {
    let input = json!({ "name": "a", "size": "small", "count": "3", "gift": "true" });
    let order = from_text::<Order>(&input).expect("a query's values are text");
    assert_eq!((order.count, order.gift), (3, Some(true)));
    insta::assert_snapshot!(violations(&input), @r"
    count must be a whole number from 1 to 9
    gift must be true or false
    ");
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let count = |count: Value| {
        let input = json!({ "name": "a", "size": "small", "count": count });
        from_json::<Order>(&input).map(|order| order.count).ok()
    };
    assert_eq!(count(json!(3.0)), Some(3));
    assert_eq!(count(json!(3.5)), None);
    assert_eq!(count(json!(1e300)), None);
}

#[test]
fn a_time_outside_of_the_calendar_in_utc_is_refused() {
    let time = |time: &str| from_json::<Anything>(&json!({ "time": time })).is_ok();
    assert!(time("9999-12-31T23:59:59Z"));
    assert!(!time("9999-12-31T23:59:59-01:00"));
}

struct Letter;

impl FromInput for Letter {
    fn read(node: Node<'_>) -> Option<Self> {
        node.open_object(|object| {
            let grade = object.required("grade", |node| node.word::<char>(&["a", "b"]));
            object.forbidden("stamp", "is put on by the post office");
            let inside = object.optional("inside", |node| node.json(20, 2));
            grade.and(inside).map(|_| Self)
        })
    }
}

fn refusal(input: &Value) -> String {
    let violations = from_json::<Letter>(input).err().expect("the input breaks rules");
    violations
        .iter()
        .map(|violation| format!("{} {}\n", violation.field, violation.message))
        .collect()
}

#[test]
fn an_open_object_may_have_more_but_not_what_is_forbidden() {
    assert!(from_json::<Letter>(&json!({ "grade": "b", "colour": "red" })).is_ok());
    for stamp in [json!(1), Value::Null] {
        let input = json!({ "grade": "ab", "colour": "red", "stamp": stamp });
        insta::allow_duplicates! {
            insta::assert_snapshot!(refusal(&input), @r"
            grade must be one of a, b
            stamp is put on by the post office
            ");
        }
    }
    insta::assert_snapshot!(refusal(&json!(["grade"])), @"$ must be an object");
}

#[test]
fn json_is_limited_in_bytes_and_depth() {
    let letter = |inside: Value| json!({ "grade": "a", "inside": inside });
    // Two quotes are part of the JSON.
    assert!(from_json::<Letter>(&letter(json!("x".repeat(18)))).is_ok());
    assert!(from_json::<Letter>(&letter(json!({ "a": [1, "}"] }))).is_ok());
    let long = letter(json!("x".repeat(19)));
    insta::assert_snapshot!(refusal(&long), @"inside must have at most 20 bytes as JSON, has 21");
    let deep = letter(json!([{ "a": [] }]));
    insta::assert_snapshot!(refusal(&deep), @"inside must be nested at most 2 levels deep");
    let nul = letter(json!(["\0"]));
    insta::assert_snapshot!(refusal(&nul), @"inside must not contain the character U+0000");
}

struct Anything;

impl FromInput for Anything {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let label = object.optional("label", Node::label);
            let uuid = object.optional("uuid", Node::uuid);
            let time = object.optional("time", Node::timestamp);
            let wait = object.optional("wait", Node::duration);
            let number = object.optional("number", |node| node.number(0.0..=1.0));
            let map = object.optional("map", |node| node.map(2, 3, |_, value| value.string(0..=3)));
            let any = object.optional("any", Node::any);
            label.and(uuid).and(time).and(wait).and(number).and(map).and(any).map(|_| Self)
        })
    }
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
            prop_oneof!["label", "uuid", "time", "wait", "number", "map", "any", "[a-z]{3}"],
            json_value(),
            0..5,
        ),
    ) {
        let input: Value = fields.into_iter().collect();
        if let Err(violations) = from_json::<Anything>(&input) {
            prop_assert!(violations.iter().all(|v| !v.field.is_empty() && v.message != "is not valid"));
        }
    }

    #[test]
    fn a_label_is_what_rfc_1123_says(text in "[a-zA-Z0-9-]{0,65}") {
        let expected = (1..=63).contains(&text.len())
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains(|c: char| c.is_ascii_uppercase());
        let input = json!({ "label": text });
        prop_assert_eq!(from_json::<Anything>(&input).is_ok(), expected);
    }
}
