//! What can be stopped.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a request is about: a service of the run, or its store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Target {
    /// The service of this name.
    Service(String),
    /// The databases of all services of the run, as one server would hold them.
    Store,
}

/// No service can have this name, since placeholders use it as well.
const STORE: &str = "store";

impl Target {
    /// The service called `name`.
    pub fn service(name: impl Into<String>) -> Target {
        Target::Service(name.into())
    }
}

impl From<String> for Target {
    fn from(name: String) -> Target {
        if name == STORE { Target::Store } else { Target::Service(name) }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> String {
        match target {
            Target::Service(name) => name,
            Target::Store => STORE.to_owned(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Service(name) => write!(f, "service `{name}`"),
            Target::Store => f.write_str("the store"),
        }
    }
}
