//! Names of services and suites.

use crate::workspace::error::Problem;
use crate::workspace::source::Source;
use crate::workspace::topology::Workspace;

/// The longest DNS label: RFC 1035, section 2.3.4.
const LONGEST_LABEL: usize = 63;

/// The longest consumer: `<consumer>-<run id>`, with 32 digits of the run id, is
/// itself a label, since networks and namespaces are named so. (The tag with its
/// generation, `<consumer>-<run id>.<n>`, then stays far below the 128
/// characters that registries allow.)
const LONGEST_CONSUMER: usize = LONGEST_LABEL - "-".len() - 32;

/// What placeholders begin with besides names of services.
const RESERVED: [&str; 2] = ["self", "database"];

pub(super) fn check(workspace: &Workspace) -> Result<(), Problem> {
    for (name, service) in &workspace.services {
        check_label("service", name, &service.source)?;
        if RESERVED.contains(&name.as_str()) {
            return Err(Problem::Metadata(format!(
                "{}: no service can be named `{name}`, since placeholders use that word\n\
                 hint: rename the package",
                service.source
            )));
        }
    }
    for (name, suite) in &workspace.suites {
        check_label("suite", name, &suite.source)?;
        if name.len() > LONGEST_CONSUMER {
            return Err(Problem::Metadata(format!(
                "{}: the suite's name `{name}` has {} characters, more than {LONGEST_CONSUMER}\n\
                 hint: with a run id added it has to fit into the {LONGEST_LABEL} characters of \
                 a DNS label",
                suite.source,
                name.len()
            )));
        }
    }
    Ok(())
}

/// Lower-case DNS labels that start with a letter, as names of Kubernetes
/// services have to (RFC 1035); they are valid in image references too.
fn check_label(what: &str, name: &str, source: &Source) -> Result<(), Problem> {
    let is_label = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && name.len() <= LONGEST_LABEL;
    if is_label {
        return Ok(());
    }
    let renamed = if what == "service" { "; a service is named like its package" } else { "" };
    Err(Problem::Metadata(format!(
        "{source}: `{name}` cannot be the name of a {what}\n\
         hint: names consist of lower-case letters, digits and `-`, start with a letter, end \
         with a letter or digit, and have at most {LONGEST_LABEL} characters{renamed}"
    )))
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
    fn other_names_are_refused() {
        for name in ["data_storage", "Sink", "1a", "-a", "a-", "", "ü", &"x".repeat(64)] {
            assert!(Fixture::new().service(name, json!({})).load().is_err(), "{name}");
        }
        insta::assert_snapshot!(error(Fixture::new().service("data_storage", json!({}))), @r"
        crates/data_storage/Cargo.toml: package.metadata.onetag: `data_storage` cannot be the name of a service
        hint: names consist of lower-case letters, digits and `-`, start with a letter, end with a letter or digit, and have at most 63 characters; a service is named like its package
        ");
        insta::assert_snapshot!(error(Fixture::new().suites(json!({ "Pipe": {} }))), @r"
        Cargo.toml: workspace.metadata.onetag.suites.Pipe: `Pipe` cannot be the name of a suite
        hint: names consist of lower-case letters, digits and `-`, start with a letter, end with a letter or digit, and have at most 63 characters
        ");
    }

    #[test]
    fn words_of_placeholders_are_reserved() {
        insta::assert_snapshot!(error(Fixture::new().service("database", json!({}))), @r"
        crates/store/Cargo.toml: package.metadata.onetag: no service can be named `database`, since placeholders use that word
        hint: rename the package
        ");
        assert!(Fixture::new().service("self", json!({})).load().is_err());
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
