//! The placeholders that there are.

use std::fmt;

use crate::workspace::suggest;

/// What a run has to put in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// `{self.listen}`, `{self.<port>.listen}`: the address to listen on,
    /// `<host>:<port>`.
    Listen {
        /// Which further port, if it is one.
        port: Option<String>,
    },
    /// `{self.host}`: the host to listen on.
    Host,
    /// `{self.port}`, `{self.<port>.port}`: the port to listen on.
    Port {
        /// Which further port, if it is one.
        port: Option<String>,
    },
    /// `{self.url}`, `{self.<port>.url}`: where others reach this service,
    /// without a slash at the end.
    Url {
        /// Which further port, if it is one.
        port: Option<String>,
    },
    /// `{self.volume}`: the folder that outlives a restart.
    Volume,
    /// `{self.image}`: the full reference of this service's image.
    Image,
    /// `{database.url}`: this service's own database.
    DatabaseUrl,
    /// `{<service>.url}`, `{<service>.host}`, `{<service>.port}`, and
    /// `{<service>.<port>.url}` and so on: another service.
    Service {
        /// Its name.
        service: String,
        /// Which further port, if it is one.
        port: Option<String>,
        /// The part of its address.
        field: ServiceField,
    },
    /// `{host.NAME}`: a variable of whoever calls the harness, a secret.
    HostVariable(String),
}

/// A part of the address of another service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceField {
    /// The whole of it, without a slash at the end.
    Url,
    /// Its host name or IP address.
    Host,
    /// Its port.
    Port,
}

/// What placeholders begin with besides names of services.
pub(in crate::workspace) const RESERVED: [&str; 3] = ["self", "database", "host"];

const OF_SELF: [&str; 6] = ["listen", "host", "port", "url", "volume", "image"];
const OF_OWN_PORT: [&str; 3] = ["listen", "port", "url"];
const OF_SERVICE: [&str; 3] = ["url", "host", "port"];

impl Placeholder {
    /// The placeholder that is written `{name}`, if there is one.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('.').collect();
        let (of, port, field) = match parts[..] {
            [of, field] => (of, None, field),
            [of, port, field] if !port.is_empty() => (of, Some(port.to_owned()), field),
            _ => return None,
        };
        Some(match (of, field) {
            ("self", "listen") => Self::Listen { port },
            ("self", "port") => Self::Port { port },
            ("self", "url") => Self::Url { port },
            ("self", "host") if port.is_none() => Self::Host,
            ("self", "volume") if port.is_none() => Self::Volume,
            ("self", "image") if port.is_none() => Self::Image,
            ("database", "url") if port.is_none() => Self::DatabaseUrl,
            ("host", name) if port.is_none() && is_variable(name) => {
                Self::HostVariable(name.to_owned())
            }
            ("self" | "database" | "host" | "", _) => return None,
            (service, field) => {
                let field = match field {
                    "url" => ServiceField::Url,
                    "host" => ServiceField::Host,
                    "port" => ServiceField::Port,
                    _ => return None,
                };
                Self::Service { service: service.to_owned(), port, field }
            }
        })
    }

    /// The other service that it names, if it does.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::Service { service, .. } => Some(service),
            _ => None,
        }
    }
}

/// Whether every backend and shell takes `name` for the name of a variable.
pub(in crate::workspace) fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (of, port, field) = match self {
            Self::Listen { port } => ("self", port.as_deref(), "listen"),
            Self::Host => ("self", None, "host"),
            Self::Port { port } => ("self", port.as_deref(), "port"),
            Self::Url { port } => ("self", port.as_deref(), "url"),
            Self::Volume => ("self", None, "volume"),
            Self::Image => ("self", None, "image"),
            Self::DatabaseUrl => ("database", None, "url"),
            Self::Service { service, port, field } => {
                (service.as_str(), port.as_deref(), field.name())
            }
            Self::HostVariable(name) => ("host", None, name.as_str()),
        };
        match port {
            None => write!(f, "{{{of}.{field}}}"),
            Some(port) => write!(f, "{{{of}.{port}.{field}}}"),
        }
    }
}

impl ServiceField {
    fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Host => "host",
            Self::Port => "port",
        }
    }
}

/// What somebody may have meant who wrote `{name}`.
pub(super) fn hint_for_unknown(name: &str) -> String {
    // A service and a port may have any name, so what is wrong is the last part.
    let (of, port) = name.rsplit_once('.').map_or(("", None), |(before, _)| {
        before.split_once('.').map_or((before, None), |(of, port)| (of, Some(port)))
    });
    let fields = match (of, port) {
        ("self", Some(_)) => &OF_OWN_PORT[..],
        ("self" | "database" | "host" | "", _) => &[],
        _ => &OF_SERVICE[..],
    };
    let before = name.rsplit_once('.').map_or("", |(before, _)| before);
    let candidates: Vec<String> = OF_SELF
        .iter()
        .map(|field| format!("self.{field}"))
        .chain(["database.url".to_owned()])
        .chain(fields.iter().map(|field| format!("{before}.{field}")))
        .collect();
    match suggest::closest(name, candidates.iter().map(String::as_str)) {
        Some(likely) => format!("did you mean `{{{likely}}}`?"),
        None => {
            let of_self = OF_SELF.map(|field| format!("{{self.{field}}}")).join(", ");
            format!(
                "there are {of_self}, {{database.url}}, {{host.NAME}}, url, host and port of a \
                 service, and the same of further ports, {{self.<port>.listen}} or \
                 {{<service>.<port>.url}}; write `{{{{` for a brace"
            )
        }
    }
}
