//! Which backends there are.

use std::sync::OnceLock;

use anyhow::anyhow;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Backend, engine, kube, process};
use crate::error::{Attach as _, Kind};

/// Where images run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendKind {
    /// Services are plain processes, children of the run's keeper.
    #[default]
    Process,
    /// Services are containers of podman's.
    Podman,
    /// Services are containers of docker's.
    Docker,
    /// Services are workloads in a cluster that the caller names.
    Kube,
    /// Services are workloads in a cluster of kind's that the harness makes.
    Kind,
    /// One that this program brought along, see [`main_with`](crate::main_with).
    Registered(&'static str),
}

/// Those that every program has.
const OWN: [BackendKind; 5] = [
    BackendKind::Process,
    BackendKind::Podman,
    BackendKind::Docker,
    BackendKind::Kind,
    BackendKind::Kube,
];

static REGISTERED: OnceLock<&'static [Backend]> = OnceLock::new();

/// Makes backends known to this program, once.
pub(crate) fn register(backends: &'static [Backend]) {
    let _ = REGISTERED.set(backends);
}

fn registered() -> &'static [Backend] {
    REGISTERED.get().copied().unwrap_or_default()
}

impl BackendKind {
    /// The backend of this name.
    ///
    /// # Errors
    ///
    /// This program has none; says which it has.
    pub(crate) fn named(name: &str) -> anyhow::Result<BackendKind> {
        BackendKind::all().find(|kind| kind.name() == name).ok_or_else(|| {
            let known: Vec<_> = BackendKind::all().map(BackendKind::name).collect();
            anyhow!("there is no backend `{name}`, only: {}", known.join(", ")).kind(Kind::Usage)
        })
    }

    /// All that this program has.
    pub(crate) fn all() -> impl Iterator<Item = BackendKind> {
        let registered = registered().iter().map(|backend| BackendKind::Registered(backend.name));
        OWN.into_iter().chain(registered)
    }

    /// What `--on`, ledger and `plan.json` call it.
    pub fn name(self) -> &'static str {
        match self {
            BackendKind::Registered(name) => name,
            own => own.backend().name,
        }
    }

    /// What it is.
    pub(crate) fn backend(self) -> &'static Backend {
        match self {
            BackendKind::Process => &process::BACKEND,
            BackendKind::Podman => &engine::PODMAN,
            BackendKind::Docker => &engine::DOCKER,
            BackendKind::Kind => &kube::KIND,
            BackendKind::Kube => &kube::KUBE,
            BackendKind::Registered(name) => registered()
                .iter()
                .find(|backend| backend.name == name)
                .expect("a kind is made of what was registered"),
        }
    }
}

impl Serialize for BackendKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for BackendKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<BackendKind, D::Error> {
        BackendKind::named(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
