//! Environment, severity and priority.

use anyhow::{Result, ensure};
use contract::signalprocessing::{EnvironmentSource, SignalSeverity};
use e2e::unique;
use serde_json::json;

use crate::support::{Fixture, signal_in};

#[test]
fn the_environment_is_that_of_the_namespaces_label_or_name() -> Result<()> {
    use EnvironmentSource::{NamespaceLabel, NamespaceName, Unknown};

    let fixture = Fixture::new()?;
    let labelled = unique("prod");
    fixture.know(&labelled, &json!({ "labels": { "environment": "staging" } }))?;
    for (namespace, environment, source) in [
        (labelled, "staging", NamespaceLabel),
        (unique("prod"), "production", NamespaceName),
        (unique("shop"), "unknown", Unknown),
    ] {
        let (_, found) = fixture.process(&signal_in(&namespace))?;
        let found = (found.environment.as_str(), found.environment_source);
        ensure!(found == (environment, source), "{namespace}: {found:?}");
    }
    Ok(())
}

/// The words of alerts become those of the pipeline here and nowhere else.
#[test]
fn severity_and_environment_decide_the_priority() -> Result<()> {
    use SignalSeverity::{Critical, Info, Warning};

    let fixture = Fixture::new()?;
    for (severity, namespace, expected) in [
        (Critical, "prod", "critical P0"),
        (Critical, "staging", "critical P1"),
        (Critical, "dev", "critical P2"),
        (Warning, "prod", "high P1"),
        (Warning, "staging", "high P2"),
        (Warning, "dev", "high P3"),
        (Info, "prod", "low P3"),
    ] {
        let mut spec = signal_in(&unique(namespace));
        spec.signal.severity = severity;
        let (_, found) = fixture.process(&spec)?;
        let found = format!("{} {}", found.severity, found.priority);
        ensure!(found == expected, "{severity} in {namespace}: {found}");
    }
    Ok(())
}
