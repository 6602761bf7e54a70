use proptest::prelude::*;

use crate::{Value, from_str, to_string, to_string_pretty};

/// The same as `serde_json` reads it.
fn theirs(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(number.to_string()),
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(elements) => Value::Array(elements.iter().map(theirs).collect()),
        serde_json::Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (name.clone(), theirs(value))).collect(),
        ),
    }
}

/// Any JSON; numbers are integers, which both sides write in one way only.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// JSON with a few bytes put out of order.
fn damaged() -> impl Strategy<Value = String> {
    let damage = (any::<prop::sample::Index>(), 0_usize..3, prop::sample::select(&PIECES[..]));
    (any_json(), damage).prop_map(|(value, (at, length, piece))| {
        let mut characters: Vec<char> = value.to_string().chars().collect();
        let start = at.index(characters.len());
        let end = characters.len().min(start + length);
        characters.splice(start..end, piece.chars());
        characters.into_iter().collect()
    })
}

const PIECES: [&str; 24] = [
    "", " ", "\n", "\t", "\u{b}", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "1", "-", "+",
    ".", "e", "E", "null", "true", "u00e9", "\u{7f}",
];

proptest! {
    #[test]
    fn whatever_is_json_is_read_alike(value in any_json()) {
        prop_assert_eq!(from_str::<Value>(&value.to_string()).unwrap(), theirs(&value));
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(from_str::<Value>(&pretty).unwrap(), theirs(&value));
    }

    #[test]
    fn what_was_read_is_written_alike(value in any_json()) {
        let read: Value = from_str(&value.to_string()).unwrap();
        prop_assert_eq!(to_string(&read), value.to_string());
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(to_string_pretty(&read), pretty);
    }

    #[test]
    fn what_is_no_json_is_refused_by_both(text in damaged()) {
        // A number stays as it is written here, however large.
        let theirs = match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(_) => true,
            Err(error) => error.to_string().starts_with("number out of range"),
        };
        let ours = from_str::<Value>(&text);
        let twice = ours.as_ref().is_err_and(|error| error.to_string().contains("second time"));
        prop_assert!(ours.is_ok() == theirs || twice, "{text:?}: {ours:?}");
    }
}

#[test]
fn the_edges_of_the_grammar_are_those_of_serde_json() {
    let texts = [
        "",
        " ",
        "nul",
        "nulll",
        "truefalse",
        "\u{feff}1",
        "1 2",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[",
        "]",
        "{",
        "{}",
        "{}}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" : 1}",
        "'a'",
        "0",
        "-0",
        "00",
        "01",
        "-",
        "+1",
        "1.",
        ".1",
        "1.5",
        "1e5",
        "1E+5",
        "1e-5",
        "1e",
        "1e+",
        "0x1",
        "Infinity",
        "NaN",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u+123\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ud83dx\"",
        "\"\\ud83d\\n\"",
        "\"\\ud83d\\ud83d\"",
        "\"\t\"",
        "\"\n\"",
        "\"\u{0}\"",
        "\"\u{7f}\"",
        "\"é\"",
        "\"\\/\\b\\f\\n\\r\\t\\\\\"",
        "\u{a0}1",
        "\u{b}1",
        "1\u{c}",
        "\"\\ué000\"",
    ];
    for text in texts {
        let theirs = serde_json::from_str::<serde_json::Value>(text);
        let ours = from_str::<Value>(text);
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{text:?}: {ours:?}, {theirs:?}");
        if let (Ok(Value::String(ours)), Ok(serde_json::Value::String(theirs))) = (ours, theirs) {
            assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn a_number_stays_as_it_is_written() {
    let text = "[18446744073709551615,-9223372036854775808,1.50,1e400]";
    let Value::Array(numbers) = from_str(text).unwrap() else { panic!("{text} is an array") };
    let numbers = numbers.iter().map(|number| match number {
        Value::Number(number) => number.as_str(),
        other => panic!("{other:?}"),
    });
    assert_eq!(format!("[{}]", Vec::from_iter(numbers).join(",")), text);
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    let error = |text: &str| from_str::<Value>(text).unwrap_err().to_string();
    assert_eq!(error("{\n  \"a\": nil\n}"), "no JSON: expected a value at line 2 column 8");
    assert_eq!(error("[1"), "no JSON: expected `,` or `]` at line 1 column 3");
    assert_eq!(
        error("{\"a\":1,\"a\":2}"),
        "no JSON: a key for the second time at line 1 column 13"
    );
    let utf8 = crate::from_slice::<Value>(b"\"\xff\"").unwrap_err().to_string();
    assert_eq!(utf8, "invalid utf-8 sequence of 1 bytes from index 1");
}

#[test]
fn depth_is_limited_so_that_no_text_uses_up_the_stack() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    from_str::<Value>(&nested(128)).unwrap();
    let error = from_str::<Value>(&nested(129)).unwrap_err().to_string();
    assert_eq!(error, "no JSON: too deep a nesting at line 1 column 129");
    from_str::<Value>(&format!("[{}]", vec!["[]"; 1000].join(","))).unwrap();
    from_str::<Value>(&"[{\"a\":".repeat(1_000_000)).unwrap_err();
}
