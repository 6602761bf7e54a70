//! Environment, severity and priority of a signal.

use contract::datastorage::Severity;
use contract::signalprocessing::{
    Classification, EnvironmentSource, NamespaceEntry, Signal, SignalSeverity,
};

use crate::policy::Table;

/// The label of a namespace that names its environment.
const ENVIRONMENT_LABEL: &str = "environment";

/// Environments, with the parts of a namespace's name that show them.
const ENVIRONMENTS: [(&str, &[&str]); 4] = [
    ("production", &["prod", "production", "live"]),
    ("staging", &["staging", "stage", "stg"]),
    ("development", &["dev", "development"]),
    ("test", &["test", "qa"]),
];

/// Decides how urgent a signal is.
#[must_use]
pub fn classify(
    signal: &Signal,
    namespace: Option<&NamespaceEntry>,
    table: &Table,
) -> Classification {
    let (environment, environment_source) = environment(&signal.target.namespace, namespace);
    let severity = severity(signal.severity);
    let priority = table.priority(severity, &environment);
    Classification { environment, environment_source, severity, priority }
}

/// The one place where the words of alerts become those of the pipeline.
#[must_use]
pub fn severity(severity: SignalSeverity) -> Severity {
    match severity {
        SignalSeverity::Critical => Severity::Critical,
        SignalSeverity::Warning => Severity::High,
        SignalSeverity::Info => Severity::Low,
    }
}

/// By the namespace's label, else by the parts of its name, else unknown.
fn environment(name: &str, entry: Option<&NamespaceEntry>) -> (String, EnvironmentSource) {
    let label = entry.and_then(|entry| entry.labels.get(ENVIRONMENT_LABEL));
    if let Some(label) = label.filter(|label| !label.is_empty()) {
        return (label.clone(), EnvironmentSource::NamespaceLabel);
    }
    let shows = |(_, words): &&(&str, &[&str])| name.split('-').any(|part| words.contains(&part));
    match ENVIRONMENTS.iter().find(shows) {
        Some((environment, _)) => ((*environment).to_owned(), EnvironmentSource::NamespaceName),
        None => ("unknown".to_owned(), EnvironmentSource::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EnvironmentSource::{NamespaceLabel, NamespaceName, Unknown};

    #[test]
    fn the_environment_is_that_of_the_label_or_of_the_name() {
        let labelled = |value: &str| {
            let labels = [(ENVIRONMENT_LABEL.to_owned(), value.to_owned())].into();
            Some(NamespaceEntry { labels })
        };
        for (name, entry, environment, source) in [
            ("shop-prod", labelled("staging"), "staging", NamespaceLabel),
            ("shop-prod", labelled(""), "production", NamespaceName),
            ("shop-prod", None, "production", NamespaceName),
            ("live", None, "production", NamespaceName),
            ("stg-eu-shop", None, "staging", NamespaceName),
            ("dev", None, "development", NamespaceName),
            ("products", None, "unknown", Unknown),
            ("shop", Some(NamespaceEntry::default()), "unknown", Unknown),
        ] {
            let found = super::environment(name, entry.as_ref());
            assert_eq!(found, (environment.to_owned(), source), "{name}");
        }
    }
}
