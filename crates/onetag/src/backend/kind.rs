//! Which backends there are.

use std::sync::OnceLock;

use anyhow::anyhow;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Attach as _, Kind};

/// Where images run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendKind {
    /// Services are plain processes, children of the run's keeper.
    #[default]
    Process,
    /// One that this program brought along, see [`main_with`](crate::main_with).
    Registered(&'static str),
}

/// A backend that a program brings along.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    /// What `--on`, ledger and `plan.json` call it.
    pub name: &'static str,
}

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
        let registered = || registered().iter().map(|backend| backend.name);
        if name == BackendKind::Process.name() {
            return Ok(BackendKind::Process);
        }
        registered().find(|known| *known == name).map(BackendKind::Registered).ok_or_else(|| {
            let known: Vec<_> =
                [BackendKind::Process.name()].into_iter().chain(registered()).collect();
            anyhow!("there is no backend `{name}`, only: {}", known.join(", ")).kind(Kind::Usage)
        })
    }

    /// What `--on`, ledger and `plan.json` call it.
    pub fn name(self) -> &'static str {
        match self {
            BackendKind::Process => "process",
            BackendKind::Registered(name) => name,
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
