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
    /// `{self.config}`: the folder with the files of the key `config`.
    Config,
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

impl Placeholder {
    /// The placeholder that is written `{name}`, if there is one.
    pub(super) fn parse(name: &str) -> Option<Self> {
        similar(name).into_iter().find(|placeholder| placeholder.name() == name)
    }

    /// What stands between the braces.
    fn name(&self) -> String {
        let (of, port, field) = match self {
            Self::Listen { port } => ("self", port.as_deref(), "listen"),
            Self::Host => ("self", None, "host"),
            Self::Port { port } => ("self", port.as_deref(), "port"),
            Self::Url { port } => ("self", port.as_deref(), "url"),
            Self::Volume => ("self", None, "volume"),
            Self::Config => ("self", None, "config"),
            Self::Image => ("self", None, "image"),
            Self::DatabaseUrl => ("database", None, "url"),
            Self::Service { service, port, field } => {
                let field = match field {
                    ServiceField::Url => "url",
                    ServiceField::Host => "host",
                    ServiceField::Port => "port",
                };
                (service.as_str(), port.as_deref(), field)
            }
            Self::HostVariable(name) => ("host", None, name.as_str()),
        };
        match port {
            None => format!("{of}.{field}"),
            Some(port) => format!("{of}.{port}.{field}"),
        }
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
        write!(f, "{{{}}}", self.name())
    }
}

/// All placeholders that begin like `name` and may end otherwise: a service and a port
/// can have any name, so what is wrong is the last word.
fn similar(name: &str) -> Vec<Placeholder> {
    use Placeholder::{Config, DatabaseUrl, Host, HostVariable, Image, Listen, Port, Url, Volume};
    let (before, last) = name.rsplit_once('.').unwrap_or_default();
    let (of, port) = match before.split_once('.') {
        Some((_, port)) if port.is_empty() || port.contains('.') => return Vec::new(),
        Some((of, port)) => (of, Some(port.to_owned())),
        None => (before, None),
    };
    match (of, port) {
        ("self", None) => {
            vec![
                Listen { port: None },
                Host,
                Port { port: None },
                Url { port: None },
                Volume,
                Config,
                Image,
            ]
        }
        ("self", port) => {
            vec![Listen { port: port.clone() }, Port { port: port.clone() }, Url { port }]
        }
        ("database", None) => vec![DatabaseUrl],
        ("host", None) if is_variable(last) => vec![HostVariable(last.to_owned())],
        ("database" | "host" | "", _) => Vec::new(),
        (service, port) => [ServiceField::Url, ServiceField::Host, ServiceField::Port]
            .map(|field| Placeholder::Service {
                service: service.to_owned(),
                port: port.clone(),
                field,
            })
            .into(),
    }
}

/// What somebody may have meant who wrote `{name}`.
pub(super) fn hint_for_unknown(name: &str) -> String {
    let of_self = similar("self.");
    let all = of_self.iter().cloned().chain([Placeholder::DatabaseUrl]).chain(similar(name));
    let all: Vec<String> = all.map(|placeholder| placeholder.name()).collect();
    match suggest::closest(name, &all) {
        Some(likely) => format!("did you mean `{{{likely}}}`?"),
        None => {
            let of_self: Vec<String> = of_self.iter().map(Placeholder::to_string).collect();
            format!(
                "there are {}, {{database.url}}, {{host.NAME}}, url, host and port of a service, \
                 and the same of further ports, {{self.<port>.listen}} or \
                 {{<service>.<port>.url}}; write `{{{{` for a brace",
                of_self.join(", ")
            )
        }
    }
}
