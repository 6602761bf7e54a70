//! What the macros read and write.

use std::collections::BTreeMap;

use crate::{FromJson, from_str, record, tagged, to_string, words};

#[derive(Clone, Debug, PartialEq)]
struct Parcel {
    weight: u16,
    note: Option<String>,
    stamps: Vec<Stamp>,
    kind: BTreeMap<String, (u16, bool)>,
}
record!(strict Parcel { weight, note, stamps as "the-stamps" or default, kind or default });

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stamp {
    Plain,
    Special,
}
words!(Stamp { Plain as "plain", Special as "special" });

#[derive(Debug, PartialEq)]
enum News {
    Sent { parcel: Box<Parcel>, by: Option<String> },
    Lost,
}
tagged!(News by "news" { Sent as "sent" { parcel, by as "carrier" }, Lost as "is-lost" {} });

#[derive(Debug, PartialEq)]
enum Strict {
    Lost { at: u64 },
}
tagged!(strict Strict by "news" { Lost as "lost" { at } });

#[derive(Debug, PartialEq)]
struct Lenient {
    a: bool,
}
record!(read Lenient { a });

fn error<T: FromJson + std::fmt::Debug>(text: &str) -> String {
    from_str::<T>(text).unwrap_err().to_string()
}

fn parcel() -> Parcel {
    let kind = BTreeMap::from([("a".to_owned(), (1, true))]);
    Parcel { weight: 5, note: None, stamps: vec![Stamp::Plain, Stamp::Special], kind }
}

const PARCEL: &str =
    r#"{"weight":5,"note":null,"the-stamps":["plain","special"],"kind":{"a":[1,true]}}"#;

#[test]
fn a_record_is_an_object_with_its_fields_in_order() {
    assert_eq!(to_string(&parcel()), PARCEL);
    assert_eq!(from_str::<Parcel>(PARCEL).unwrap(), parcel());
}

#[test]
fn fields_with_a_default_and_options_may_be_missing() {
    let light = Parcel { weight: 5, note: None, stamps: vec![], kind: BTreeMap::new() };
    assert_eq!(from_str::<Parcel>(r#"{"weight":5}"#).unwrap(), light);
    assert_eq!(error::<Parcel>("{}"), "missing field `weight`");
    assert_eq!(
        error::<Parcel>(r#"{"weight":5,"kind":null}"#),
        "kind: invalid type: null, expected an object"
    );
}

#[test]
fn a_tagged_record_tells_its_kind_first() {
    let sent = News::Sent { parcel: parcel().into(), by: Some("mail".to_owned()) };
    let text = format!(r#"{{"news":"sent","parcel":{PARCEL},"carrier":"mail"}}"#);
    assert_eq!(to_string(&sent), text);
    assert_eq!(from_str::<News>(&text).unwrap(), sent);
    assert_eq!(to_string(&News::Lost), r#"{"news":"is-lost"}"#);
    assert_eq!(from_str::<News>(r#"{"more":1,"news":"is-lost"}"#).unwrap(), News::Lost);
}

#[test]
fn errors_tell_where_and_what() {
    let parcel = |more: &str| error::<Parcel>(&format!(r#"{{"weight":5,{more}}}"#));
    assert_eq!(
        parcel(r#""stamps":[]"#),
        "stamps: unknown field `stamps`, expected one of `weight`, `note`, `the-stamps`, `kind`"
    );
    assert_eq!(
        parcel(r#""the-stamps":["plain","torn"]"#),
        "the-stamps[1]: unknown value `torn`, expected one of `plain`, `special`"
    );
    assert_eq!(
        parcel(r#""note":1.5"#),
        "note: invalid type: floating point `1.5`, expected a string"
    );
    assert_eq!(
        parcel(r#""kind":{"a":[1,2]}"#),
        "kind.a[1]: invalid type: integer `2`, expected a boolean"
    );
    assert_eq!(parcel(r#""kind":{"a":[1]}"#), "kind.a: 1 elements, expected two");
    assert_eq!(
        error::<Parcel>(r#"{"weight":65536}"#),
        "weight: invalid value: integer `65536`, expected u16"
    );
    assert_eq!(error::<Vec<Lenient>>("[{}]"), "[0]: missing field `a`");
    assert_eq!(error::<Lenient>("true"), "invalid type: boolean `true`, expected an object");
    assert_eq!(error::<News>("{}"), "missing field `news`");
    assert_eq!(
        error::<News>(r#"{"news":"sold"}"#),
        "news: unknown value `sold`, expected one of `sent`, `is-lost`"
    );
    let inner = r#"{"news":"sent","parcel":{"weight":"5"}}"#;
    assert_eq!(error::<News>(inner), "parcel.weight: invalid type: string \"5\", expected u16");
}

#[test]
fn only_what_is_strict_refuses_unknown_fields() {
    assert_eq!(from_str::<Lenient>(r#"{"a":true,"b":1}"#).unwrap(), Lenient { a: true });
    assert_eq!(from_str::<Strict>(r#"{"news":"lost","at":1}"#).unwrap(), Strict::Lost { at: 1 });
    assert_eq!(
        error::<Strict>(r#"{"news":"lost","at":1,"by":2}"#),
        "by: unknown field `by`, expected one of `at`"
    );
}
