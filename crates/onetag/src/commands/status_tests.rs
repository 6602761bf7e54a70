//! The table, as it is printed.

use super::*;

#[test]
fn a_run_is_shown_with_its_services() {
    let run = Shown {
        run_id: RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap(),
        consumer: "alpha".to_owned(),
        tag: Some("alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.2".to_owned()),
        of_an_earlier_boot: false,
        of_another_version: false,
        state: "kept",
        age_seconds: 61,
        folder: "/w/target/onetag/runs/0193a5c2e4b07c1e9f3a2b4c5d6e7f80".into(),
        workspace: Some("/w".into()),
        is_of_another_workspace: true,
        services: BTreeMap::from([
            (
                "alpha".to_owned(),
                ShownService {
                    state: "running, pid 17".to_owned(),
                    url: Some("http://127.0.0.1:4711".to_owned()),
                    image: None,
                },
            ),
            (
                "be".to_owned(),
                ShownService { state: "ended with code 1".to_owned(), url: None, image: None },
            ),
        ]),
    };
    insta::assert_snapshot!(table(&[run]), @r"
    alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.2  kept  1m 1s old
      of workspace /w
      alpha  http://127.0.0.1:4711  running, pid 17
      be     ended with code 1
      /w/target/onetag/runs/0193a5c2e4b07c1e9f3a2b4c5d6e7f80
    ");
}
