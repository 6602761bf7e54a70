//! Names of services, their ports, and suites.

use crate::error::Attach as _;
use crate::workspace::placeholder::RESERVED;
use crate::workspace::source::Source;
use crate::workspace::topology::Workspace;

/// The longest DNS label: RFC 1035, section 2.3.4.
const LONGEST_LABEL: usize = 63;

/// The longest consumer: `<consumer>-<run id>`, with 32 digits of the run id, is
/// itself a label, since networks and namespaces are named so. (The tag with its
/// generation, `<consumer>-<run id>.<n>`, then stays far below the 128
/// characters that registries allow.)
const LONGEST_CONSUMER: usize = LONGEST_LABEL - "-".len() - 32;

pub(super) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    for (name, service) in &workspace.services {
        check_label("service", name, &service.source)?;
        if RESERVED.contains(&name.as_str()) {
            let fault =
                format!("no service can be named `{name}`, since placeholders use that word");
            return Err(service
                .source
                .error(fault)
                .hint("give the service another name by the key `name`"));
        }
        for port in service.ports.keys() {
            check_label("port", port, &service.source.key("ports"))?;
        }
    }
    for (name, suite) in &workspace.suites {
        check_label("suite", name, &suite.source)?;
        if name.len() > LONGEST_CONSUMER {
            let fault = format!(
                "the suite's name `{name}` has {} characters, more than {LONGEST_CONSUMER}",
                name.len()
            );
            return Err(suite.source.error(fault).hint(format!(
                "with a run id added it has to fit into the {LONGEST_LABEL} characters of a DNS \
                 label"
            )));
        }
    }
    Ok(())
}

/// Lower-case DNS labels that start with a letter, as names of Kubernetes
/// services have to (RFC 1035); they are valid in image references too.
fn check_label(what: &str, name: &str, source: &Source) -> anyhow::Result<()> {
    let is_label = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && name.len() <= LONGEST_LABEL;
    if is_label {
        return Ok(());
    }
    let error = source.error(format!("`{name}` cannot be the name of a {what}")).hint(format!(
        "names consist of lower-case letters, digits and `-`, start with a letter, end with a \
         letter or digit, and have at most {LONGEST_LABEL} characters"
    ));
    match what {
        "service" => Err(error.hint(
            "a service is named like its package, with `_` as `-`; add `name = \"…\"` for another \
             name",
        )),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::workspace::testing::{Fixture, error};

    #[test]
    fn labels_pass() {
        for name in ["a", "a1", "analysis-api", &"x".repeat(63)] {
            assert!(Fixture::new().service(name, json!({})).load().is_ok(), "{name}");
        }
    }

    #[test]
    fn a_service_is_named_like_its_package_or_by_a_key() {
        for (package, table, name) in [
            ("data_storage", json!({}), "data-storage"),
            ("Sink", json!({ "name": "sink" }), "sink"),
            (&"x".repeat(64), json!({ "name": "x" }), "x"),
        ] {
            let workspace = Fixture::new().service(package, table).load().unwrap();
            let service = &workspace.services[name];
            assert_eq!((&*service.name, &*service.package), (name, package));
        }
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["Sink", "1a", "-a", "a-", "a_", "", "ü", &"x".repeat(64)] {
            assert!(Fixture::new().service(name, json!({})).load().is_err(), "{name}");
        }
        insta::assert_snapshot!(error(Fixture::new().service("Storage", json!({}))), @r#"
        crates/Storage/Cargo.toml: package.metadata.onetag: `Storage` cannot be the name of a service
        hint: names consist of lower-case letters, digits and `-`, start with a letter, end with a letter or digit, and have at most 63 characters
        hint: a service is named like its package, with `_` as `-`; add `name = "…"` for another name
        "#);
        insta::assert_snapshot!(error(Fixture::new().suites(json!({ "Pipe": {} }))), @r"
        Cargo.toml: workspace.metadata.onetag.suites.Pipe: `Pipe` cannot be the name of a suite
        hint: names consist of lower-case letters, digits and `-`, start with a letter, end with a letter or digit, and have at most 63 characters
        ");
        let port = json!({ "ports": { "g_rpc": 1 } });
        insta::assert_snapshot!(error(Fixture::new().service("a", port)), @r"
        crates/a/Cargo.toml: package.metadata.onetag.ports: `g_rpc` cannot be the name of a port
        hint: names consist of lower-case letters, digits and `-`, start with a letter, end with a letter or digit, and have at most 63 characters
        ");
    }

    #[test]
    fn two_services_have_two_names() {
        let fixture = Fixture::new().service("a-b", json!({})).service("a_b", json!({}));
        insta::assert_snapshot!(error(fixture), @r"
        two services are named `a-b`
          crates/a-b/Cargo.toml: package.metadata.onetag
          crates/a_b/Cargo.toml: package.metadata.onetag
        hint: give one of them another name by the key `name`
        ");
    }

    #[test]
    fn words_of_placeholders_are_reserved() {
        insta::assert_snapshot!(error(Fixture::new().service("database", json!({}))), @r"
        crates/database/Cargo.toml: package.metadata.onetag: no service can be named `database`, since placeholders use that word
        hint: give the service another name by the key `name`
        ");
        for name in ["self", "host"] {
            assert!(Fixture::new().service(name, json!({})).load().is_err(), "{name}");
        }
    }

    #[test]
    fn a_suite_leaves_room_for_the_run_id() {
        let service = |length| Fixture::new().service(&"x".repeat(length), json!({ "suite": {} }));
        assert!(service(30).load().is_ok());
        insta::assert_snapshot!(error(service(31)), @r"
        crates/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/Cargo.toml: package.metadata.onetag.suite: the suite's name `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` has 31 characters, more than 30
        hint: with a run id added it has to fit into the 63 characters of a DNS label
        ");
    }
}
