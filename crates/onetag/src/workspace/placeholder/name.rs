//! The placeholders that there are.

use std::fmt;

use crate::workspace::suggest;

/// What a run has to put in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// `{self.listen}`: the address to listen on, `<host>:<port>`.
    Listen,
    /// `{self.port}`: the port to listen on.
    Port,
    /// `{self.url}`: where others reach this service, without a slash at the end.
    Url,
    /// `{self.volume}`: the folder that outlives a restart.
    Volume,
    /// `{self.image}`: the full reference of this service's image.
    Image,
    /// `{database.url}`: this service's own database.
    DatabaseUrl,
    /// `{<service>.url}`, `{<service>.host}`, `{<service>.port}`: another service.
    Service {
        /// Its name.
        service: String,
        /// The part of its address.
        field: ServiceField,
    },
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

impl Placeholder {
    /// The placeholder that is written `{name}`, if there is one.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (of, field) = name.split_once('.')?;
        Some(match (of, field) {
            ("self", "listen") => Self::Listen,
            ("self", "port") => Self::Port,
            ("self", "url") => Self::Url,
            ("self", "volume") => Self::Volume,
            ("self", "image") => Self::Image,
            ("database", "url") => Self::DatabaseUrl,
            ("self" | "database" | "", _) => return None,
            (service, field) => {
                let field = match field {
                    "url" => ServiceField::Url,
                    "host" => ServiceField::Host,
                    "port" => ServiceField::Port,
                    _ => return None,
                };
                Self::Service { service: service.to_owned(), field }
            }
        })
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen => f.write_str("{self.listen}"),
            Self::Port => f.write_str("{self.port}"),
            Self::Url => f.write_str("{self.url}"),
            Self::Volume => f.write_str("{self.volume}"),
            Self::Image => f.write_str("{self.image}"),
            Self::DatabaseUrl => f.write_str("{database.url}"),
            Self::Service { service, field } => write!(f, "{{{service}.{field}}}"),
        }
    }
}

impl fmt::Display for ServiceField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "url",
            Self::Host => "host",
            Self::Port => "port",
        })
    }
}

/// What somebody may have meant who wrote `{name}`.
pub(super) fn hint_for_unknown(name: &str) -> String {
    const OF_SELF: [&str; 5] =
        ["self.listen", "self.port", "self.url", "self.volume", "self.image"];
    // A service may have any name, so its part of the address is what is wrong.
    let of_service = name
        .split_once('.')
        .filter(|(of, _)| !matches!(*of, "self" | "database" | ""))
        .map(|(of, _)| ["url", "host", "port"].map(|field| format!("{of}.{field}")));
    let candidates = OF_SELF.into_iter().chain(["database.url"]);
    let candidates = candidates.chain(of_service.iter().flatten().map(String::as_str));
    match suggest::closest(name, candidates) {
        Some(likely) => format!("hint: did you mean `{{{likely}}}`?"),
        None => {
            let of_self = OF_SELF.map(|name| format!("{{{name}}}")).join(", ");
            format!(
                "hint: there are {of_self}, {{database.url}}, \
                 and url, host and port of a service; write `{{{{` for a brace"
            )
        }
    }
}
