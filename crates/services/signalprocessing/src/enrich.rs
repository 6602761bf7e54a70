//! What is found about a signal's target.

use std::collections::BTreeMap;

use contract::signalprocessing::{Enrichment, InventoryEntry, Owner, Signal, Target};
use kit::database::StoreError;

use crate::inventory::Inventory;

/// How far owners are followed: in case two own each other.
const MAX_OWNERS: usize = 10;

/// A detected label, with the beginning of the labels and annotations that show it.
const MARKS: [(&str, &str, &[&str]); 3] = [
    ("gitops", "argocd", &["argocd.argoproj.io/"]),
    ("gitops", "flux", &["kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/", "fluxcd.io/"]),
    ("helm", "true", &["helm.sh/", "meta.helm.sh/"]),
];

/// Meshes, with what shows them.
const MESHES: [(&str, &[&str]); 2] =
    [("istio", &["istio.io/", "sidecar.istio.io/"]), ("linkerd", &["linkerd.io/"])];

/// Looks a signal's target up, and what made it.
///
/// # Errors
///
/// See [`StoreError`].
pub async fn enrich(inventory: &Inventory, signal: &Signal) -> Result<Enrichment, StoreError> {
    let Some(entry) = inventory.entry(&signal.target).await? else {
        return Ok(Enrichment {
            degraded_mode: true,
            labels: signal.labels.clone(),
            owners: Vec::new(),
            replicas: None,
            detected_labels: BTreeMap::new(),
        });
    };
    let mut detected = detected(&signal.target.kind, &entry);
    let mut replicas = entry.replicas;
    let mut owners: Vec<Owner> = Vec::new();
    let mut next = entry.owner;
    while let Some(owner) = next.take().filter(|owner| !owners.contains(owner)) {
        let target = Target {
            namespace: signal.target.namespace.clone(),
            kind: owner.kind.clone(),
            name: owner.name.clone(),
        };
        owners.push(owner);
        if owners.len() == MAX_OWNERS {
            break;
        }
        if let Some(entry) = inventory.entry(&target).await? {
            // What acts on an owner acts on all that it made.
            for (label, value) in self::detected(&target.kind, &entry) {
                detected.entry(label).or_insert(value);
            }
            replicas = replicas.or(entry.replicas);
            next = entry.owner;
        }
    }
    Ok(Enrichment {
        degraded_mode: false,
        labels: entry.labels,
        owners,
        replicas,
        detected_labels: detected,
    })
}

/// What acts on a thing.
fn detected(kind: &str, entry: &InventoryEntry) -> BTreeMap<String, String> {
    let has = |beginnings: &[&str]| {
        let mut keys = entry.labels.keys().chain(entry.annotations.keys());
        keys.any(|key| beginnings.iter().any(|beginning| key.starts_with(beginning)))
    };
    let mut detected = BTreeMap::new();
    let mut note = |label: &str, value: &str| {
        detected.entry(label.to_owned()).or_insert_with(|| value.to_owned());
    };
    for (label, value, beginnings) in MARKS {
        if has(beginnings) {
            note(label, value);
        }
    }
    for (mesh, beginnings) in MESHES {
        if has(beginnings) {
            note("service_mesh", mesh);
        }
    }
    let flags = [
        ("hpa", entry.flags.hpa),
        ("pdb", entry.flags.pdb),
        ("network_policy", entry.flags.network_policy),
        ("stateful", kind == "statefulset"),
    ];
    for (label, _) in flags.into_iter().filter(|(_, is_set)| *is_set) {
        note(label, "true");
    }
    detected
}
