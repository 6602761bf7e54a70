//! The pods of a service.

use anyhow::Context as _;

use super::service::{port_name, ports};
use super::types::{
    Capabilities, Container, ContainerPort, EnvVar, EnvVarSource, EnvVarValue,
    LocalObjectReference, Map, Metadata, PodSecurityContext, PodSpec, PodTemplate, Probe,
    ProbeAction, Resources, SeccompProfile, SecretKeySelector, SecurityContext, Volume,
    VolumeMount, VolumeSource,
};
use super::{Frame, PullPolicy};
use crate::backend::ServiceSpec;
use crate::backend::container;
use crate::backend::kube::{GRACE, LABEL_GENERATION};
use crate::build::image::closure;
use crate::workspace::Ready;

/// The names of volumes.
pub(super) const VOLUME: &str = "volume";
pub(super) const DATABASE: &str = "database";
const CONFIG: &str = "config";
const TMP: &str = "tmp";

/// How much a service may write to `/tmp`.
const TMP_LIMIT: &str = "64Mi";

/// What a pod is sure to have: little, so that many runs share a node.
const REQUESTED_CPU: &str = "10m";
const REQUESTED_MEMORY: u64 = 16 << 20;

/// How long a service may take to answer a probe. A busy one is not unready.
const PROBE_TIMEOUT_SECONDS: u32 = 5;

/// What the pods of a service are made of.
pub(super) fn template(
    frame: &Frame<'_>,
    spec: &ServiceSpec,
    is_external: bool,
) -> anyhow::Result<PodTemplate> {
    let mut labels = frame.labels(Some(spec.service()));
    labels.insert(LABEL_GENERATION.to_owned(), spec.generation.to_string());
    let named = |name: &str| LocalObjectReference { name: name.to_owned() };
    Ok(PodTemplate {
        metadata: Metadata { labels, ..Metadata::default() },
        spec: PodSpec {
            automount_service_account_token: false,
            containers: vec![container(frame, spec, is_external)],
            // They would be variables that depend on what else is there.
            enable_service_links: false,
            image_pull_secrets: frame.pull_secret().map(named).into_iter().collect(),
            node_selector: frame.settings.node_selector.clone(),
            security_context: pod_security(is_external)?,
            service_account_name: frame.service_account().to_owned(),
            // As the first process of a container it would not end by SIGTERM unless it has
            // a handler, as it does everywhere else.
            share_process_namespace: !is_external,
            termination_grace_period_seconds: GRACE.as_secs(),
            volumes: volumes(spec, is_external),
        },
    })
}

/// The service as a container: an external one runs as its image says.
fn container(frame: &Frame<'_>, spec: &ServiceSpec, is_external: bool) -> Container {
    let port = |port| ContainerPort { container_port: port, name: port_name(port) };
    Container {
        args: spec.args.iter().map(|arg| literal(arg)).collect(),
        env: variables(spec),
        image: spec.reference.clone(),
        image_pull_policy: pull_policy(frame, is_external),
        name: spec.service().to_owned(),
        ports: ports(&spec.ports).into_iter().map(port).collect(),
        readiness_probe: probe(spec),
        resources: resources(spec),
        security_context: (!is_external).then_some(SecurityContext {
            allow_privilege_escalation: false,
            capabilities: Capabilities { drop: ["ALL"] },
            read_only_root_filesystem: true,
        }),
        termination_message_policy: "FallbackToLogsOnError",
        volume_mounts: mounts(spec, is_external),
    }
}

pub(super) fn pull_policy(frame: &Frame<'_>, is_external: bool) -> &'static str {
    match frame.pull {
        PullPolicy::Never if !is_external => "Never",
        _ => "IfNotPresent",
    }
}

/// A text in which nothing is replaced: `$(NAME)` would be.
pub(super) fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

pub(super) fn variables(spec: &ServiceSpec) -> Vec<EnvVar> {
    let variable = |(key, value): (&String, &String)| {
        let secret = || SecretKeySelector { key: key.clone(), name: spec.service().to_owned() };
        let value = match spec.secrets.contains(key) {
            true => EnvVarValue::ValueFrom(EnvVarSource { secret_key_ref: secret() }),
            false => EnvVarValue::Value(literal(value)),
        };
        EnvVar { name: key.clone(), value }
    };
    spec.environment.iter().map(variable).collect()
}

/// How the cluster sees that a service is ready; none where it is as soon as it runs.
fn probe(spec: &ServiceSpec) -> Option<Probe> {
    let port = spec.ports.port?;
    let action = match &spec.ready {
        Ready::Http(path) => ProbeAction::HttpGet { path: path.clone(), port },
        // The harness asks a server of a database more than that.
        Ready::Tcp | Ready::Postgres => ProbeAction::TcpSocket { port },
        Ready::Started => return None,
    };
    Some(Probe {
        action,
        failure_threshold: 1,
        period_seconds: 1,
        timeout_seconds: PROBE_TIMEOUT_SECONDS,
    })
}

fn resources(spec: &ServiceSpec) -> Resources {
    let memory = spec.memory.map_or(REQUESTED_MEMORY, |limit| limit.min(REQUESTED_MEMORY));
    let limit = spec.memory.map(|limit| ("memory".to_owned(), quantity(limit)));
    let requests = [("cpu", REQUESTED_CPU.to_owned()), ("memory", quantity(memory))]
        .map(|(name, value)| (name.to_owned(), value));
    Resources { limits: limit.into_iter().collect(), requests: Map::from(requests) }
}

/// An amount of memory, as people write it.
fn quantity(bytes: u64) -> String {
    let units = [("Gi", 30), ("Mi", 20), ("Ki", 10)];
    let unit = units.into_iter().find(|(_, shift)| bytes.trailing_zeros() >= *shift);
    unit.map_or_else(|| bytes.to_string(), |(unit, shift)| format!("{}{unit}", bytes >> shift))
}

fn pod_security(is_external: bool) -> anyhow::Result<PodSecurityContext> {
    let seccomp_profile = Some(SeccompProfile { kind: "RuntimeDefault" });
    if is_external {
        return Ok(PodSecurityContext { seccomp_profile, ..PodSecurityContext::default() });
    }
    let (user, group) = closure::USER.split_once(':').context("a user has a group")?;
    let (user, group) = (user.parse()?, Some(group.parse()?));
    Ok(PodSecurityContext {
        // What it may write to is its group's.
        fs_group: group,
        run_as_group: group,
        run_as_non_root: Some(true),
        run_as_user: Some(user),
        seccomp_profile,
    })
}

/// What is mounted where. What a service keeps is a claim of its workload.
fn mounts(spec: &ServiceSpec, is_external: bool) -> Vec<VolumeMount> {
    let mount = |name, path: &str, is_wanted: bool| {
        let read_only = name == CONFIG;
        is_wanted.then(|| VolumeMount { mount_path: path.to_owned(), name, read_only })
    };
    let volume = spec.ports.volume.as_ref();
    let mounts = [
        mount(CONFIG, container::CONFIG, !spec.config.is_empty()),
        mount(DATABASE, container::DATABASE, spec.database),
        mount(TMP, "/tmp", !is_external),
        volume.and_then(|path| mount(VOLUME, path.as_str(), true)),
    ];
    mounts.into_iter().flatten().collect()
}

/// The volumes that end with a pod.
fn volumes(spec: &ServiceSpec, is_external: bool) -> Vec<Volume> {
    let config =
        || VolumeSource::ConfigMap(LocalObjectReference { name: spec.service().to_owned() });
    let config = (!spec.config.is_empty()).then(|| Volume { name: CONFIG, source: config() });
    let tmp = VolumeSource::EmptyDir { size_limit: TMP_LIMIT };
    let tmp = (!is_external).then_some(Volume { name: TMP, source: tmp });
    config.into_iter().chain(tmp).collect()
}
