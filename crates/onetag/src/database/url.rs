//! The address of a server that somebody names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `postgres://[<user>@]<host>[:<port>][/<database>][?<options>]`, without a password.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ServerUrl {
    user: Option<String>,
    host: String,
    port: u16,
    database: Option<String>,
    /// With the question mark; empty if there are none.
    options: String,
}

/// What is wrong with an address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ServerUrlError {
    /// It is none of PostgreSQL's.
    #[error("it does not begin with `postgres://`")]
    Scheme,
    /// It has a password.
    #[error(
        "it has a password, which others would see: set PGPASSWORD, or write it into ~/.pgpass"
    )]
    Password,
    /// One of its parts cannot be read.
    #[error("its {0} is missing or has characters that it cannot have")]
    Part(&'static str),
}

impl ServerUrl {
    /// Where the server is, as services find it: `<host>:<port>`.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Options of each connection, with their question mark.
    pub(super) fn options(&self) -> &str {
        &self.options
    }

    /// The same, with the database in it that is used to make others.
    pub(super) fn for_administration(&self) -> String {
        let database = self.database.clone().or_else(|| Some("postgres".to_owned()));
        ServerUrl { database, ..self.clone() }.to_string()
    }

    /// Whether only this machine reaches it under that name.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.starts_with("127.") || self.host == "[::1]"
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<ServerUrl, ServerUrlError> {
        let schemes = ["postgres://", "postgresql://"];
        let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
        let rest = rest.ok_or(ServerUrlError::Scheme)?;
        let (rest, options) = match rest.find('?') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (authority, database) = match rest.split_once('/') {
            Some((authority, database)) => (authority, Some(database).filter(|it| !it.is_empty())),
            None => (rest, None),
        };
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, authority),
        };
        let names_password = options.to_ascii_lowercase().contains("password=");
        if names_password || user.is_some_and(|user| user.contains(':')) {
            return Err(ServerUrlError::Password);
        }
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| ServerUrlError::Part("port"))?)
            }
            _ => (address, 5432),
        };
        let part = |text: &str, others: &[u8], name| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
            match !text.is_empty() && text.bytes().all(is_plain) {
                true => Ok(text.to_owned()),
                false => Err(ServerUrlError::Part(name)),
            }
        };
        let options = match options {
            "" => String::new(),
            options => part(options, b"?&=%._,:/+-", "options")?,
        };
        Ok(ServerUrl {
            user: user.map(|user| part(user, b"._%-", "user")).transpose()?,
            host: part(host, b".-[]:", "host")?,
            port,
            database: database.map(|name| part(name, b"._%-", "database")).transpose()?,
            options,
        })
    }
}

impl TryFrom<String> for ServerUrl {
    type Error = ServerUrlError;

    fn try_from(text: String) -> Result<ServerUrl, ServerUrlError> {
        text.parse()
    }
}

impl From<ServerUrl> for String {
    fn from(url: ServerUrl) -> String {
        url.to_string()
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ServerUrl { user, host, port, database, options } = self;
        f.write_str("postgres://")?;
        if let Some(user) = user {
            write!(f, "{user}@")?;
        }
        write!(f, "{host}:{port}")?;
        if let Some(database) = database {
            write!(f, "/{database}")?;
        }
        f.write_str(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, ServerUrlError> {
        text.parse::<ServerUrl>().map(|url| url.to_string())
    }

    #[test]
    fn an_address_is_read_and_written() {
        for (text, whole) in [
            ("postgres://db", "postgres://db:5432"),
            ("postgresql://ci@db.example.org:6000/", "postgres://ci@db.example.org:6000"),
            (
                "postgres://ci@[::1]/main?sslmode=require",
                "postgres://ci@[::1]:5432/main?sslmode=require",
            ),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(whole));
        }
    }

    #[test]
    fn a_password_is_refused_wherever_it_stands() {
        for text in [
            "postgres://ci:secret@db",
            "postgres://ci:@db",
            "postgres://ci@db/main?password=secret",
            "postgres://ci@db?sslPassword=secret",
        ] {
            assert_eq!(parsed(text), Err(ServerUrlError::Password), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        use ServerUrlError::{Part, Scheme};
        assert_eq!(parsed("mysql://db"), Err(Scheme));
        assert_eq!(parsed("db:5432"), Err(Scheme));
        assert_eq!(parsed("postgres://"), Err(Part("host")));
        assert_eq!(parsed("postgres://db:x"), Err(Part("port")));
        assert_eq!(parsed("postgres://db/a b"), Err(Part("database")));
        assert_eq!(parsed("postgres:///var/run"), Err(Part("host")));
    }

    #[test]
    fn databases_are_made_from_the_one_that_is_always_there() {
        let url = |text: &str| text.parse::<ServerUrl>().unwrap().for_administration();
        assert_eq!(
            url("postgres://db?sslmode=require"),
            "postgres://db:5432/postgres?sslmode=require"
        );
        assert_eq!(url("postgres://db/main"), "postgres://db:5432/main");
    }
}
