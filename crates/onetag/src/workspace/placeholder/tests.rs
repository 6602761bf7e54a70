use proptest::prelude::*;

use super::*;

/// Shows which placeholder was asked for.
struct Echo;

impl Values for Echo {
    fn value(&self, placeholder: &Placeholder) -> anyhow::Result<String> {
        Ok(format!("<{placeholder}>"))
    }
}

/// Knows nothing.
struct Nothing;

impl Values for Nothing {
    fn value(&self, placeholder: &Placeholder) -> anyhow::Result<String> {
        anyhow::bail!("no {placeholder}")
    }
}

fn resolved(text: &str) -> String {
    resolve(&Template::parse(text).unwrap(), &Echo).unwrap()
}

fn error(text: &str) -> String {
    let error = Template::parse(text).unwrap_err();
    format!("{error}\nhint: {}", error.hint())
}

#[test]
fn every_placeholder_is_known() {
    for name in [
        "{self.listen}",
        "{self.host}",
        "{self.port}",
        "{self.url}",
        "{self.volume}",
        "{self.config}",
        "{self.image}",
        "{database.url}",
        "{sink.url}",
        "{sink.host}",
        "{data-storage2.port}",
        "{self.grpc.listen}",
        "{self.grpc.port}",
        "{self.grpc.url}",
        "{sink.grpc.url}",
        "{sink.grpc.host}",
        "{sink.grpc.port}",
        "{host.API_TOKEN}",
    ] {
        let template = Template::parse(name).unwrap();
        assert_eq!(template.placeholders().map(Placeholder::to_string).collect::<Vec<_>>(), [name]);
    }
}

#[test]
fn text_and_placeholders_mix() {
    assert_eq!(
        resolved("http://{sink.host}:{sink.port}/hook/slack"),
        "http://<{sink.host}>:<{sink.port}>/hook/slack"
    );
    assert_eq!(resolved("{self.url}{self.url}"), "<{self.url}><{self.url}>");
    assert_eq!(resolved(""), "");
}

#[test]
fn doubled_braces_are_text() {
    assert_eq!(resolved(r#"{{"a": "{self.port}"}}"#), r#"{"a": "<{self.port}>"}"#);
    assert_eq!(resolved("{{{self.port}}}"), "{<{self.port}>}");
    assert_eq!(resolved("{{self.port}}"), "{self.port}");
    assert_eq!(resolved("}}{{"), "}{");
}

#[test]
fn errors_say_how_to_mend_them() {
    insta::assert_snapshot!(error("{self.prot}"), @r"
    `{self.prot}` is no placeholder
    hint: did you mean `{self.port}`?
    ");
    insta::assert_snapshot!(error("{stor.url}/{sink.ulr}"), @r"
    `{sink.ulr}` is no placeholder
    hint: did you mean `{sink.url}`?
    ");
    insta::assert_snapshot!(error("{sink.grpc.ulr}"), @r"
    `{sink.grpc.ulr}` is no placeholder
    hint: did you mean `{sink.grpc.url}`?
    ");
    insta::assert_snapshot!(error("{self.grpc.lisen}"), @r"
    `{self.grpc.lisen}` is no placeholder
    hint: did you mean `{self.grpc.listen}`?
    ");
    insta::assert_snapshot!(error(r#"{"level": "debug"}"#), @r#"
    `{"level": "debug"}` is no placeholder
    hint: there are {self.listen}, {self.host}, {self.port}, {self.url}, {self.volume}, {self.config}, {self.image}, {database.url}, {host.NAME}, url, host and port of a service, and the same of further ports, {self.<port>.listen} or {<service>.<port>.url}; write `{{` for a brace
    "#);
    insta::assert_snapshot!(error("a{self.port"), @r"
    `{` without its partner
    hint: close it with `}`, or write `{{` for a brace
    ");
    insta::assert_snapshot!(error("a}"), @r"
    `}` without its partner
    hint: write `}}` for a brace
    ");
}

#[test]
fn what_has_no_such_part_is_no_placeholder() {
    for name in [
        "self.grpc.host",
        "self.grpc.volume",
        "database.grpc.url",
        "host.A-B",
        "host.",
        "host.a.b",
        "sink..url",
        ".url",
        "sink.grpc.web.url",
        "sink.volume",
    ] {
        let error = Template::parse(&format!("{{{name}}}")).unwrap_err();
        assert_eq!(error, TemplateError::Unknown(name.to_owned()));
    }
}

#[test]
fn missing_values_are_the_callers_errors() {
    let template = Template::parse("a{database.url}").unwrap();
    assert_eq!(resolve(&template, &Nothing).unwrap_err().to_string(), "no {database.url}");
}

proptest! {
    #[test]
    fn parsing_never_panics_and_keeps_the_text(text in "[{}a-z.]{0,24}|.*") {
        if let Ok(template) = Template::parse(&text) {
            prop_assert_eq!(template.to_string(), text);
            resolve(&template, &Echo).unwrap();
        } else {
            // The message is as robust as the parser.
            prop_assert!(!error(&text).is_empty());
        }
    }

    #[test]
    fn text_without_braces_is_unchanged(text in "[^{}]*") {
        prop_assert_eq!(resolve(&Template::parse(&text).unwrap(), &Nothing).unwrap(), text);
    }

    #[test]
    fn escaped_text_comes_back(text in "[{}a.]*") {
        let escaped = text.replace('{', "{{").replace('}', "}}");
        prop_assert_eq!(resolve(&Template::parse(&escaped).unwrap(), &Nothing).unwrap(), text);
    }
}
