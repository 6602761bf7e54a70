use super::*;

#[test]
fn only_what_is_close_is_suggested() {
    let services = ["database", "messenger", "sink"];
    for (name, expected) in [
        ("mesenger", Some("messenger")),
        ("dtaabase", Some("database")),
        ("snik", Some("sink")),
        ("frontend", None),
        ("s", None),
        ("", None),
    ] {
        assert_eq!(closest(name, services), expected, "for `{name}`");
    }
}

#[test]
fn what_there_is_is_listed() {
    insta::assert_snapshot!(
        among("snik", "services", ["database", "sink"]),
        @"did you mean `sink`? services: database, sink"
    );
    insta::assert_snapshot!(among::<str>("x", "services", []), @"services: none");
}
