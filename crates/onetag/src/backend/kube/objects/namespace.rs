//! What a run has in its cluster before any service: its namespace, and what is in that
//! for all of them.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::types::{ResourceQuotaSpec, ServiceAccount, Spec};
use super::{Frame, Object, PodSecurity};

/// What pods are run as, unless the workspace names an account.
const SERVICE_ACCOUNT: &str = "onetag";

const QUOTA: &str = "onetag";

/// The label by which a namespace says what pods in it may do at most.
const POD_SECURITY: &str = "pod-security.kubernetes.io/enforce";

/// The namespace of a run, and in it what its settings ask for.
pub(in super::super) fn namespace(frame: &Frame<'_>) -> anyhow::Result<Vec<Object>> {
    let mut metadata = frame.metadata(frame.namespace, None);
    metadata.namespace = None;
    let security = match frame.security {
        PodSecurity::Baseline => "baseline",
        PodSecurity::Restricted => "restricted",
    };
    metadata.labels.insert(POD_SECURITY.to_owned(), security.to_owned());
    let none = serde_json::Map::new();
    let mut objects = vec![Object::new("v1", "Namespace", metadata, none)?];
    // The cluster makes the account `default` some time after the namespace, and refuses
    // pods until then.
    let metadata = frame.metadata(frame.service_account(), None);
    let account = ServiceAccount { automount_service_account_token: false };
    objects.push(Object::new("v1", "ServiceAccount", metadata, account)?);
    if !frame.settings.quota.is_empty() {
        let quota = Spec { spec: ResourceQuotaSpec { hard: frame.settings.quota.clone() } };
        objects.push(Object::new("v1", "ResourceQuota", frame.metadata(QUOTA, None), quota)?);
    }
    Ok(objects)
}

/// A copy of the secret with which nodes pull images, from what the cluster tells of it
/// where the settings say that it is.
pub(in super::super) fn copied_pull_secret(
    frame: &Frame<'_>,
    told: &Value,
) -> anyhow::Result<Object> {
    let name = frame.pull_secret().context("no pull secret is asked for")?;
    let fields = json!({ "data": told["data"], "type": told["type"] });
    Object::new("v1", "Secret", frame.metadata(name, None), fields)
}

impl Frame<'_> {
    pub(super) fn service_account(&self) -> &str {
        self.settings.service_account.as_deref().unwrap_or(SERVICE_ACCOUNT)
    }

    /// The name of the secret with which nodes pull images.
    pub(super) fn pull_secret(&self) -> Option<&str> {
        let (_, name) = self.settings.pull_secret.as_deref()?.split_once('/')?;
        Some(name)
    }
}
