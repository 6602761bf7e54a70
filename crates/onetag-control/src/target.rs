//! What can be stopped.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a request is about: a service of the run, or its database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
}

/// A string: the name, in which `database` is no service.
impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Target::Service(name) => name,
            Target::Database => DATABASE,
        })
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Target, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(if name == DATABASE { Target::Database } else { Target::Service(name) })
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
