//! What can be stopped.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Capability;

/// What a request is about: a service of the run, or its database.
///
/// In JSON it is a string: the name, in which `database` is no service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub enum Target {
    /// The service of this name.
    Service(String),
    /// The databases of all services of the run, as one server would hold them.
    Database,
}

/// No service can have this name, since placeholders use it as well.
const DATABASE: &str = "database";

impl Target {
    /// The service called `name`.
    pub fn service(name: impl Into<String>) -> Target {
        Target::Service(name.into())
    }

    /// What a run has to be able to do to stop and start it.
    pub(crate) fn capability(&self) -> Capability {
        match self {
            Target::Service(_) => Capability::Stop,
            Target::Database => Capability::DatabaseOutage,
        }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> String {
        match target {
            Target::Service(name) => name,
            Target::Database => DATABASE.to_owned(),
        }
    }
}

impl From<String> for Target {
    fn from(name: String) -> Target {
        if name == DATABASE { Target::Database } else { Target::Service(name) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Service(name) => write!(f, "service `{name}`"),
            Target::Database => f.write_str("the database"),
        }
    }
}
