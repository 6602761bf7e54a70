//! The fields of Kubernetes that are used, named as there.

use std::collections::BTreeMap;

use serde::Serialize;

pub(super) type Map = BTreeMap<String, String>;

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) annotations: Map,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) labels: Map,
}

/// What every object has, and what is in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Typed<T> {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: Metadata,
    #[serde(flatten)]
    pub(super) fields: T,
}

#[derive(Debug, Serialize)]
pub(super) struct Spec<T> {
    pub(super) spec: T,
}

#[derive(Debug, Serialize)]
pub(super) struct ResourceQuotaSpec {
    pub(super) hard: Map,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceAccount {
    pub(super) automount_service_account_token: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ConfigMap {
    pub(super) data: Map,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Secret {
    pub(super) string_data: Map,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceSpec {
    pub(super) ports: Vec<ServicePort>,
    pub(super) publish_not_ready_addresses: bool,
    pub(super) selector: Map,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServicePort {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) target_port: u16,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deployment {
    pub(super) replicas: u32,
    pub(super) revision_history_limit: u32,
    pub(super) selector: LabelSelector,
    pub(super) strategy: Strategy,
    pub(super) template: PodTemplate,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatefulSet {
    pub(super) pod_management_policy: &'static str,
    pub(super) replicas: u32,
    pub(super) revision_history_limit: u32,
    pub(super) selector: LabelSelector,
    pub(super) service_name: String,
    pub(super) template: PodTemplate,
    pub(super) volume_claim_templates: Vec<PersistentVolumeClaim>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LabelSelector {
    pub(super) match_labels: Map,
}

/// How pods of a Deployment are replaced.
#[derive(Debug, Serialize)]
pub(super) struct Strategy {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

/// Which system calls a container may make.
#[derive(Debug, Serialize)]
pub(super) struct SeccompProfile {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct PersistentVolumeClaim {
    pub(super) metadata: Metadata,
    pub(super) spec: PersistentVolumeClaimSpec,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PersistentVolumeClaimSpec {
    pub(super) access_modes: [&'static str; 1],
    pub(super) resources: Resources,
}

#[derive(Debug, Serialize)]
pub(super) struct PodTemplate {
    pub(super) metadata: Metadata,
    pub(super) spec: PodSpec,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodSpec {
    pub(super) automount_service_account_token: bool,
    pub(super) containers: Vec<Container>,
    pub(super) enable_service_links: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) image_pull_secrets: Vec<LocalObjectReference>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) node_selector: Map,
    pub(super) security_context: PodSecurityContext,
    pub(super) service_account_name: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) share_process_namespace: bool,
    pub(super) termination_grace_period_seconds: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) volumes: Vec<Volume>,
}

#[derive(Debug, Serialize)]
pub(super) struct LocalObjectReference {
    pub(super) name: String,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodSecurityContext {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fs_group: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run_as_group: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run_as_non_root: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run_as_user: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seccomp_profile: Option<SeccompProfile>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) args: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) env: Vec<EnvVar>,
    pub(super) image: String,
    pub(super) image_pull_policy: &'static str,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ports: Vec<ContainerPort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) readiness_probe: Option<Probe>,
    pub(super) resources: Resources,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) security_context: Option<SecurityContext>,
    pub(super) termination_message_policy: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) volume_mounts: Vec<VolumeMount>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvVar {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) value: EnvVarValue,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum EnvVarValue {
    Value(String),
    ValueFrom(EnvVarSource),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvVarSource {
    pub(super) secret_key_ref: SecretKeySelector,
}

#[derive(Debug, Serialize)]
pub(super) struct SecretKeySelector {
    pub(super) key: String,
    pub(super) name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContainerPort {
    pub(super) container_port: u16,
    pub(super) name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Probe {
    #[serde(flatten)]
    pub(super) action: ProbeAction,
    pub(super) failure_threshold: u32,
    pub(super) period_seconds: u32,
    pub(super) timeout_seconds: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ProbeAction {
    HttpGet { path: String, port: u16 },
    TcpSocket { port: u16 },
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Resources {
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) limits: Map,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) requests: Map,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecurityContext {
    pub(super) allow_privilege_escalation: bool,
    pub(super) capabilities: Capabilities,
    pub(super) read_only_root_filesystem: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Capabilities {
    pub(super) drop: [&'static str; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VolumeMount {
    pub(super) mount_path: String,
    pub(super) name: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) read_only: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Volume {
    pub(super) name: &'static str,
    #[serde(flatten)]
    pub(super) source: VolumeSource,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum VolumeSource {
    ConfigMap(LocalObjectReference),
    #[serde(rename_all = "camelCase")]
    EmptyDir {
        size_limit: &'static str,
    },
}
