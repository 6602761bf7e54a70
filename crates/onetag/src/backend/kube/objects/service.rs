//! The objects of one service: its workload, the address of that, and what it reads.

use std::collections::{BTreeMap, BTreeSet};

use super::own::own;
use super::types::{
    ConfigMap, Deployment, LabelSelector, Metadata, PersistentVolumeClaim,
    PersistentVolumeClaimSpec, Resources, Secret, ServicePort, ServiceSpec as AddressSpec, Spec,
    StatefulSet, Strategy,
};
use super::workload::{DATABASE, VOLUME, template};
use super::{Frame, Object};
use crate::backend::kube::LABEL_SERVICE;
use crate::backend::{ServicePorts, ServiceSpec};

/// How much a service may keep.
const CLAIMED: &str = "1Gi";

/// The objects of a service, in the order in which they have to be there: what its pods
/// read, its address, its workload. One `is_external` runs as its image says. Objects of
/// its package take the place of address and workload.
pub(in super::super) fn service(
    frame: &Frame<'_>,
    spec: &ServiceSpec,
    is_external: bool,
) -> anyhow::Result<Vec<Object>> {
    let mut objects = Vec::new();
    let name = spec.service();
    let metadata = || frame.metadata(name, Some(name));
    let environment = spec.environment.iter();
    let secrets = environment.filter(|(key, _)| spec.secrets.contains(*key));
    let secrets: BTreeMap<_, _> =
        secrets.map(|(key, value)| (key.clone(), value.clone())).collect();
    if !secrets.is_empty() {
        let fields = Secret { string_data: secrets };
        objects.push(Object::new("v1", "Secret", metadata(), fields)?);
    }
    if !spec.config.is_empty() {
        let fields = ConfigMap { data: spec.config.clone() };
        objects.push(Object::new("v1", "ConfigMap", metadata(), fields)?);
    }
    if !spec.manifests.is_empty() {
        objects.extend(own(frame, spec)?);
        return Ok(objects);
    }
    if spec.ports.port.is_some() {
        let fields = Spec { spec: address(&spec.ports) };
        objects.push(Object::new("v1", "Service", metadata(), fields)?);
    }
    objects.push(workload(frame, spec, is_external, metadata())?);
    Ok(objects)
}

/// What finds the pods of a service.
fn selector(service: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(LABEL_SERVICE.to_owned(), service.to_owned())])
}

/// The numbers of its ports; two ports may have one.
pub(super) fn ports(ports: &ServicePorts) -> BTreeSet<u16> {
    ports.port.into_iter().chain(ports.ports.values().copied()).collect()
}

/// What a port is called: names of containers' ports are shorter than those that metadata
/// may give them.
pub(super) fn port_name(port: u16) -> String {
    format!("port-{port}")
}

fn address(of: &ServicePorts) -> AddressSpec {
    let port = |port| ServicePort { name: port_name(port), port, target_port: port };
    AddressSpec {
        ports: ports(of).into_iter().map(port).collect(),
        // One that is not ready answers with what it lacks, as on every backend.
        publish_not_ready_addresses: true,
        selector: selector(&of.service),
    }
}

/// What runs its pods: one that keeps something has claims for it, which outlive pods and
/// this object, and go with the namespace.
fn workload(
    frame: &Frame<'_>,
    spec: &ServiceSpec,
    is_external: bool,
    metadata: Metadata,
) -> anyhow::Result<Object> {
    let name = spec.service();
    let claims = [(VOLUME, spec.ports.volume.is_some()), (DATABASE, spec.database)];
    let claims = claims.into_iter().filter(|(_, is_wanted)| *is_wanted);
    let claims: Vec<PersistentVolumeClaim> = claims.map(|(name, _)| claim(name)).collect();
    let selector = LabelSelector { match_labels: selector(name) };
    let template = template(frame, spec, is_external)?;
    let api_version = "apps/v1";
    if claims.is_empty() {
        let spec = Deployment {
            replicas: spec.replicas,
            revision_history_limit: 0,
            selector,
            // Two generations never run beside each other.
            strategy: Strategy { kind: "Recreate" },
            template,
        };
        let fields = Spec { spec };
        return Object::new(api_version, "Deployment", metadata, fields);
    }
    let spec = StatefulSet {
        pod_management_policy: "Parallel",
        replicas: spec.replicas,
        revision_history_limit: 0,
        selector,
        service_name: name.to_owned(),
        template,
        volume_claim_templates: claims,
    };
    let fields = Spec { spec };
    Object::new(api_version, "StatefulSet", metadata, fields)
}

fn claim(name: &str) -> PersistentVolumeClaim {
    let requests = BTreeMap::from([("storage".to_owned(), CLAIMED.to_owned())]);
    PersistentVolumeClaim {
        metadata: Metadata { name: Some(name.to_owned()), ..Metadata::default() },
        spec: PersistentVolumeClaimSpec {
            access_modes: ["ReadWriteOnce"],
            resources: Resources { requests, ..Resources::default() },
        },
    }
}
