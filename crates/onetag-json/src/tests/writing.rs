use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::{ToJson, to_string, to_string_pretty};

/// Both forms are the bytes that `serde_json` writes.
fn same(ours: &dyn ToJson, theirs: &serde_json::Value) {
    assert_eq!(to_string(ours), serde_json::to_string(theirs).unwrap());
    assert_eq!(to_string_pretty(ours), serde_json::to_string_pretty(theirs).unwrap());
}

#[test]
fn containers_are_written_as_serde_json_writes_them() {
    let map = BTreeMap::from([
        ("empty".to_owned(), vec![]),
        ("some".to_owned(), vec![Some(1_u32), None]),
    ]);
    same(&map, &serde_json::json!(map));
    same(&BTreeMap::<String, u16>::new(), &serde_json::json!({}));
    let pairs = vec![("a".to_owned(), true), ("b".to_owned(), false)];
    same(&pairs, &serde_json::json!(pairs));
    same(&BTreeSet::from(["b", "a"]), &serde_json::json!(["a", "b"]));
    same(&[Box::new(1_u64)], &serde_json::json!([1]));
}

#[test]
fn seconds_are_written_as_serde_json_writes_them() {
    for millis in 0..100_000_u32 {
        let seconds = f64::from(millis) / 1000.0;
        assert_eq!(to_string(&seconds), serde_json::to_string(&seconds).unwrap());
    }
    assert_eq!(to_string(&f64::NAN), serde_json::to_string(&f64::NAN).unwrap());
    assert_eq!(to_string(&f64::INFINITY), serde_json::to_string(&f64::INFINITY).unwrap());
}

proptest! {
    #[test]
    fn any_text_is_written_alike(text: String) {
        same(&text, &text.clone().into());
    }

    #[test]
    fn any_number_is_written_alike(small: u16, signed: i32, time: i64, number: u64, size: usize) {
        same(&small, &small.into());
        same(&signed, &signed.into());
        same(&time, &time.into());
        same(&number, &number.into());
        same(&size, &size.into());
    }

    #[test]
    fn a_fraction_is_read_back_as_the_same(number in prop::num::f64::NORMAL) {
        let text = to_string(&number);
        prop_assert!(serde_json::from_str::<serde_json::Number>(&text).is_ok(), "{}", text);
        prop_assert_eq!(text.parse::<f64>().unwrap(), number);
    }
}

#[test]
fn control_characters_are_escaped_alike() {
    let text = String::from_iter('\0'..='\u{a0}');
    same(&text, &text.clone().into());
}
