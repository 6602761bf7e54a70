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
        check_label("service", name, &service.source).map_err(|error| {
            match service.external() {
                None => error.hint(
                    "a service is named like its package, with `_` as `-`; add `name = \"…\"` for \
                 another name",
                ),
                Some(_) => error,
            }
        })?;
        if RESERVED.contains(&name.as_str()) {
            let fault =
                format!("no service can be named `{name}`, since placeholders use that word");
            let error = service.source.error(fault);
            return Err(match service.external() {
                None => error.hint("give the service another name by the key `name`"),
                Some(_) => error,
            });
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
    Err(source.error(format!("`{name}` cannot be the name of a {what}")).hint(format!(
        "names consist of lower-case letters, digits and `-`, start with a letter, end with a \
         letter or digit, and have at most {LONGEST_LABEL} characters"
    )))
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
