//! What can be stopped.

use std::fmt;

use onetag_json::{FromJson, Serialize, Serializer, Value};

/// What a request is about: a service of the run, or its store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// A string: the name, in which `store` is no service.
impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Target::Service(name) => name,
            Target::Store => STORE,
        })
    }
}

impl FromJson for Target {
    fn from_json(value: Value) -> Result<Target, onetag_json::Error> {
        let name = String::from_json(value)?;
        Ok(if name == STORE { Target::Store } else { Target::Service(name) })
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
