use super::*;

fn written(request: &Request) -> String {
    serde_json::to_string(request).unwrap()
}

#[test]
fn a_skip_names_command_test_and_capability() {
    let skip = Request::Skip {
        command: Some("0193".to_owned()),
        test: "e2e::shop alone::pauses".to_owned(),
        capability: "pause".to_owned(),
    };
    let line = r#"{"control":"skip","command":"0193","test":"e2e::shop alone::pauses","capability":"pause"}"#;
    assert_eq!(written(&skip), line);
    assert_eq!(serde_json::from_str::<Request>(line).ok(), Some(skip));
    let nobody_counts = r#"{"control":"skip","test":"t","capability":"pause"}"#;
    let read = serde_json::from_str(nobody_counts).unwrap();
    assert!(matches!(read, Request::Skip { command: None, .. }));
}

#[test]
fn the_database_is_a_target_like_the_services() {
    let stop = Request::Stop { target: Target::Database };
    assert_eq!(written(&stop), r#"{"control":"stop","target":"database"}"#);
    let start = Request::Start { target: Target::service("shop"), wait: true };
    assert_eq!(written(&start), r#"{"control":"start","target":"shop","wait":true}"#);
    for request in [stop, start] {
        assert_eq!(serde_json::from_str::<Request>(&written(&request)).ok(), Some(request));
    }
}

#[test]
fn a_number_and_a_version_go_with_everything() {
    let request = Request::Kill { target: Target::service("shop") };
    let line = Numbered { protocol: PROTOCOL, number: 7, body: &request }.to_line().unwrap();
    let text = "{\"protocol\":3,\"number\":7,\"control\":\"kill\",\"target\":\"shop\"}\n";
    assert_eq!(String::from_utf8(line.clone()).unwrap(), text);
    let read: Numbered<Request> = serde_json::from_slice(&line).unwrap();
    assert_eq!((read.number, read.body), (7, request));
    let first: Head = serde_json::from_str(r#"{"answer":"done"}"#).unwrap();
    assert_eq!((first.protocol, first.number), (1, 0));
}
