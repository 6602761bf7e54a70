//! The first test of every suite: what runs is what this run built.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use onetag_env::Environment;

use crate::witness::Witness;
use crate::{Endpoint, Run};

/// Checks that what runs is what this run built: the references have the run's
/// tag, the witness has seen a built digest for every replica of every service,
/// and every `/version` names this run.
///
/// # Errors
/// The first service that fails a check.
pub fn provenance(run: &Run) -> Result<()> {
    let environment = run.environment();
    let witness = Witness::read(Path::new(&environment.run_dir))?;
    check(environment, &witness)?;
    for name in environment.services.keys() {
        version(environment, name, &run.service(name)?)?;
    }
    Ok(())
}

fn check(environment: &Environment, witness: &Witness) -> Result<()> {
    let run_id = &environment.run_id;
    ensure!(
        witness.run_id == *run_id,
        "witness.json is of run {}, not of {run_id}",
        witness.run_id
    );
    for (name, service) in &environment.services {
        let tag = service.image.rsplit(':').next().unwrap_or_default();
        // An unchanged service keeps the tag of an earlier generation.
        let of_run = format!("{}-{run_id}", environment.consumer);
        ensure!(
            tag == of_run || tag.strip_prefix(&of_run).is_some_and(|rest| rest.starts_with('.')),
            "{} does not carry the run's tag {}",
            service.image,
            environment.tag
        );
        let replicas: Vec<_> =
            witness.replicas.iter().filter(|replica| replica.service == *name).collect();
        ensure!(!replicas.is_empty(), "the witness has seen no replica of {name}");
        for replica in replicas {
            ensure!(
                replica.reference == service.image,
                "{} runs {}, not {}",
                replica.replica,
                replica.reference,
                service.image
            );
            ensure!(
                replica.expected.get("manifest") == Some(&service.digest),
                "{} is expected to be {:?}, but the environment says {}",
                replica.replica,
                replica.expected,
                service.digest
            );
            ensure!(
                replica.expected.values().any(|digest| *digest == replica.seen),
                "{} runs {}, which is none of {:?}",
                replica.replica,
                replica.seen,
                replica.expected
            );
        }
    }
    Ok(())
}

/// A service may have no `/version` and answer 404.
fn version(environment: &Environment, name: &str, service: &Endpoint) -> Result<()> {
    let answer = service.get("/version")?;
    if answer.status == 404 {
        return Ok(());
    }
    let version = answer.expect(200)?.value()?;
    let said = |field: &str| {
        version[field]
            .as_str()
            .with_context(|| format!("{name} does not tell its {field}: {version}"))
    };
    ensure!(said("service")? == name, "the address of {name} belongs to: {version}");
    ensure!(
        said("run_id")? == environment.run_id,
        "{name} is not of run {}: {version}",
        environment.run_id
    );
    let image = &environment.service(name)?.image;
    ensure!(said("image")? == image, "{name} does not run as {image}: {version}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use onetag_env::Service;
    use serde_json::{Value, json};

    use super::*;

    const RUN_ID: &str = "0193a5c2e4b07c1e9f3a2b4c5d6e7f80";

    type Change = fn(&mut Value);

    fn environment(tag: &str) -> Environment {
        let service = Service {
            image: format!("localhost/shop:{tag}"),
            digest: "sha256:aa".to_owned(),
            address: None,
            ports: BTreeMap::new(),
        };
        Environment {
            run_id: RUN_ID.to_owned(),
            tag: format!("shop-{RUN_ID}.2"),
            consumer: "shop".to_owned(),
            backend: "process".to_owned(),
            run_dir: "/nowhere".to_owned(),
            databases: BTreeSet::new(),
            services: BTreeMap::from([("shop".to_owned(), service)]),
            externals: BTreeMap::new(),
            capabilities: BTreeSet::new(),
        }
    }

    fn witness(change: impl FnOnce(&mut Value)) -> Witness {
        let mut document = json!({
            "run_id": RUN_ID,
            "replicas": [{
                "service": "shop",
                "replica": "shop-0",
                "reference": format!("localhost/shop:shop-{RUN_ID}"),
                "expected": { "config": "sha256:cc", "manifest": "sha256:aa", "executable": "sha256:ee" },
                "seen": "sha256:ee",
                "location": "pid 1",
                "checked_at": "2026-01-31T12:00:00Z",
            }],
        });
        change(&mut document);
        serde_json::from_value(document).expect("a witness")
    }

    #[test]
    fn a_consistent_run_passes() {
        let environment = environment(&format!("shop-{RUN_ID}"));
        check(&environment, &witness(|_| {})).expect("it fits");
    }

    #[test]
    fn each_mismatch_is_named() {
        let good = environment(&format!("shop-{RUN_ID}"));
        let refusal = |environment: &Environment, change: Change| {
            check(environment, &witness(change)).expect_err("it does not fit").to_string()
        };
        let cases: [(Change, &str); 5] = [
            (|witness| witness["run_id"] = json!("other"), "witness.json is of run other"),
            (|witness| witness["replicas"] = json!([]), "has seen no replica of shop"),
            (
                |witness| witness["replicas"][0]["reference"] = json!("x"),
                "shop-0 runs x, not localhost/shop",
            ),
            (
                |witness| witness["replicas"][0]["seen"] = json!("sha256:ff"),
                "shop-0 runs sha256:ff, which is none",
            ),
            (
                |witness| witness["replicas"][0]["expected"]["manifest"] = json!("sha256:bb"),
                "the environment says sha256:aa",
            ),
        ];
        for (change, message) in cases {
            let refusal = refusal(&good, change);
            assert!(refusal.contains(message), "{refusal}");
        }
        for tag in ["latest", "shop-0193a5c2e4b07c1e9f3a2b4c5d6e7f81"] {
            let refusal = refusal(&environment(tag), |_| {});
            assert!(refusal.contains("does not carry the run's tag"), "{refusal}");
        }
    }
}
