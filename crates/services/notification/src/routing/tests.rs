use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::read_spec;

fn routing(document: &str) -> Routing {
    Routing::read(document, true).expect("a good document")
}

fn refusal(document: &str) -> String {
    let error = Routing::read(document, false).expect_err("the document is not right");
    error.to_string().replace("; ", "\n")
}

fn spec(labels: &serde_json::Value, kind: &str, priority: &str) -> Spec {
    let input = json!({
        "name": "n", "correlation_id": "rr-1", "subject": "s", "body": "b",
        "labels": labels, "type": kind, "priority": priority,
    });
    read_spec(&input).expect("a good request")
}

fn chosen(routing: &Routing, spec: &Spec) -> String {
    routing.receiver(spec).expect("a good request").expect("it names no channels").name
}

const RULES: &str = r#"
receiver = "operators"

[[routes]]
matchers = ['team = storage', 'environment =~ "prod|staging"']
type = ["approval", "escalation"]
receiver = "storage-approvals"

[[routes]]
matchers = ['team = storage']
receiver = "storage"

[[routes]]
priority = ["critical"]
receiver = "console"

[receivers]
operators = [{ type = "log" }, { type = "slack" }]
storage = [{ type = "file" }]
storage-approvals = [{ type = "webhook", url = "https://ann:pw@example.org/", name = "desk" }]
"#;

#[test]
fn the_first_route_that_matches_decides() {
    let routing = routing(RULES);
    let storage = json!({ "team": "storage", "environment": "prod" });
    for (labels, kind, priority, receiver) in [
        (&storage, "approval", "low", "storage-approvals"),
        (&storage, "simple", "low", "storage"),
        // The third route matches too.
        (&storage, "simple", "critical", "storage"),
        (&json!({ "team": "storage" }), "approval", "low", "storage"),
        (&json!({ "team": "web" }), "approval", "critical", "console"),
        (&json!({}), "approval", "high", "operators"),
    ] {
        let spec = spec(labels, kind, priority);
        assert_eq!(chosen(&routing, &spec), receiver, "{labels} {kind} {priority}");
    }
}

#[test]
fn without_rules_everything_goes_to_the_console() {
    let receiver = routing("").receiver(&spec(&json!({}), "simple", "low"));
    let channels = receiver.expect("good").expect("a receiver").channels;
    assert_eq!(channels.len(), 1);
    assert_eq!((channels[0].name(), channels[0].kind), ("console", ChannelType::Console));
}

#[test]
fn a_request_that_names_its_channels_is_not_routed() {
    let mut spec = spec(&json!({ "team": "storage" }), "simple", "low");
    let slack = Channel::new(ChannelType::Slack);
    spec.channels = Some(vec![slack]);
    assert_eq!(routing(RULES).receiver(&spec), Ok(None));

    let without_slack = Routing::read("", false).expect("a good document");
    let violations = without_slack.receiver(&spec).expect_err("it leads nowhere");
    insta::assert_debug_snapshot!(violations, @r#"
    [
        Violation {
            field: "channels[0].url",
            message: "is required, unless the service is started with SLACK_URL",
        },
    ]
    "#);
}

#[test]
fn the_console_can_be_something_else() {
    let routing = routing("[receivers]\nconsole = [{ type = 'log' }]");
    let receiver = routing.receiver(&spec(&json!({}), "simple", "low")).expect("good");
    assert_eq!(receiver.expect("a receiver").channels[0].kind, ChannelType::Log);
}

#[test]
fn everything_that_is_not_right_is_listed_with_its_position() {
    insta::assert_snapshot!(refusal(r#"
reciever = "operators"
[[routes]]
matchers = []
type = ["whisper"]
priority = "critical"
continue = true
[receivers]
desk = [{ type = "webhook", uri = "https://example.org/" }]
nobody = []
"#), @r"
line 9, column 29: receivers.desk[0].uri is not a known field
line 10, column 1: receivers.nobody must have 1 to 10 elements, has 0
line 2, column 1: reciever is not a known field
line 7, column 1: routes[0].continue is not a known field
line 4, column 1: routes[0].matchers must have 1 to 50 elements, has 0
line 6, column 1: routes[0].priority must be an array
line 3, column 1: routes[0].receiver is required
line 5, column 9: routes[0].type[0] must be one of escalation, simple, status-update, approval, manual-review
");
    insta::assert_snapshot!(refusal(r#"
[[routes]]
matchers = ['team ~ storage', 'team =~ "("']
receiver = "desk"
[[routes]]
receiver = "console"
[receivers]
Operators = [{ type = "log" }, { type = "log" }]
desk = [{ type = "webhook" }]
"#), @r#"
line 8, column 1: receivers.Operators must have names of their own, but two are called log
line 9, column 9: receivers.desk[0].url is required
line 3, column 13: routes[0].matchers[0] must be a label, one of = != =~ !~, and a value, which is quoted if it has blanks, like team = "storage and backup"
line 3, column 31: routes[0].matchers[1] has no good regular expression: unclosed group
line 5, column 1: routes[1] can never match: routes[0] matches all that it does
"#);
}

#[test]
fn receivers_that_are_not_there_and_routes_that_never_match_are_refused() {
    insta::assert_snapshot!(refusal(r#"
receiver = "operators"
[[routes]]
matchers = ["team = storage"]
type = ["approval", "simple"]
receiver = "console"
[[routes]]
matchers = ["environment = prod", "team = storage"]
type = ["approval"]
priority = ["low"]
receiver = "desk"
[[routes]]
matchers = ["team = storage"]
receiver = "console"
[[routes]]
matchers = ["team = storage"]
receiver = "console"
[[routes]]
receiver = "console"
[[routes]]
priority = ["low"]
receiver = "console"
"#), @r"
line 2, column 1: receiver names operators, which is none of the receivers console
line 11, column 1: routes[1].receiver names desk, which is none of the receivers console
line 15, column 1: routes[3] can never match: routes[2] matches all that it does
line 20, column 1: routes[5] can never match: routes[4] matches all that it does
");
}

#[test]
fn a_slack_channel_leads_somewhere() {
    let document = "[receivers]\ndesk = [\n  { type = 'log' },\n  { type = 'slack' },\n]";
    assert!(Routing::read(document, true).is_ok());
    insta::assert_snapshot!(refusal(document), @"line 4, column 3: receivers.desk[1].url is required, unless the service is started with SLACK_URL");
}

fn conditions() -> impl Strategy<Value = String> {
    let matchers = proptest::collection::vec(
        ("[ab]", proptest::sample::select(vec!["=", "!=", "=~", "!~"]), "[xy]"),
        0..3,
    );
    let words = |words: &'static [&'static str]| {
        proptest::collection::vec(proptest::sample::select(words), 0..3)
    };
    (matchers, words(&["simple", "approval", "escalation"]), words(&["critical", "high", "low"]))
        .prop_map(|(matchers, kinds, priorities)| {
            let matchers: Vec<_> = matchers
                .iter()
                .map(|(label, sign, value)| format!("{label} {sign} {value}"))
                .collect();
            let line = |name: &str, list: String, is_empty: bool| {
                if is_empty { String::new() } else { format!("{name} = {list}\n") }
            };
            line("matchers", format!("{matchers:?}"), matchers.is_empty())
                + &line("type", format!("{kinds:?}"), kinds.is_empty())
                + &line("priority", format!("{priorities:?}"), priorities.is_empty())
        })
}

/// A document with one route for each of the conditions. Receivers are named by
/// the number of their route.
fn document(conditions: &[String]) -> String {
    let mut document = String::new();
    for (index, conditions) in conditions.iter().enumerate() {
        document += &format!("[[routes]]\n{conditions}receiver = \"r{index}\"\n");
        document += &format!("[[receivers.r{index}]]\ntype = \"log\"\n");
    }
    document
}

fn any_spec() -> impl Strategy<Value = Spec> {
    let labels = proptest::collection::btree_map("[ab]", "[xy]", 0..3);
    let kind = proptest::sample::select(vec!["simple", "approval", "escalation"]);
    let priority = proptest::sample::select(vec!["critical", "high", "low"]);
    (labels, kind, priority)
        .prop_map(|(labels, kind, priority)| spec(&json!(labels), kind, priority))
}

proptest! {
    /// A document chooses the first of its routes that matches alone.
    #[test]
    fn the_first_of_many_routes_decides(
        conditions in proptest::collection::vec(conditions(), 0..5),
        specs in proptest::collection::vec(any_spec(), 8),
    ) {
        let Ok(together) = Routing::read(&document(&conditions), false) else {
            return Err(TestCaseError::reject("a route can never match"));
        };
        let alone: Vec<_> = conditions.iter().map(|condition| routing(&document(std::slice::from_ref(condition)))).collect();
        for spec in &specs {
            let first = alone.iter().position(|routing| chosen(routing, spec) == "r0");
            let expected = first.map_or("console".to_owned(), |index| format!("r{index}"));
            prop_assert_eq!(chosen(&together, spec), expected);
        }
    }

    /// A route that is refused as unreachable would never match.
    #[test]
    fn routes_refused_as_unreachable_never_match(
        first in conditions(),
        second in conditions(),
        specs in proptest::collection::vec(any_spec(), 8),
    ) {
        if Routing::read(&document(&[first.clone(), second.clone()]), false).is_ok() {
            return Ok(());
        }
        let [first, second] = [first, second].map(|condition| routing(&document(&[condition])));
        for spec in &specs {
            prop_assert!(chosen(&second, spec) != "r0" || chosen(&first, spec) == "r0");
        }
    }

    #[test]
    fn no_document_panics(text in "(receiver|routes|\\[|\\]|=|\"|\n|type|matchers|receivers|a|\\{|\\}|,| ){0,30}") {
        let _ = Routing::read(&text, false);
    }
}
