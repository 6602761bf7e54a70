//! `DATABASE_URL`.

use std::fmt;
use std::str::FromStr;

use sqlx::ConnectOptions as _;
use sqlx::any::AnyConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::kind::DatabaseKind;

/// The accepted forms of a URL.
const HINT: &str = "hint: it has the form sqlite:///absolute/path/to/file.db or postgres://user:password@host:port/database";

/// Which database to use, read from `DATABASE_URL`. Neither its `Debug` nor its
/// `Display` shows a password.
#[derive(Clone)]
pub struct DatabaseUrl {
    kind: DatabaseKind,
    options: AnyConnectOptions,
    place: String,
}

impl DatabaseUrl {
    /// Which kind of database it is.
    #[must_use]
    pub fn kind(&self) -> DatabaseKind {
        self.kind
    }

    /// Host and port of a server that is reached over TCP, as PostgreSQL has it.
    pub(super) fn address(&self) -> Option<(&str, u16)> {
        let url = &self.options.database_url;
        let has_socket = url.query_pairs().any(|(key, _)| key == "host");
        let host = url.host_str().filter(|_| !has_socket)?;
        // An address of IPv6 stands in brackets.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Some((host, url.port().unwrap_or(5432)))
    }

    /// What to connect to. A failed statement is an error, and whoever gets it
    /// logs it; sqlx would log statements with their values.
    pub(super) fn options(&self) -> AnyConnectOptions {
        self.options.clone().disable_statement_logging()
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    /// Reads a URL. The error does not show it.
    fn from_str(url: &str) -> Result<Self, String> {
        match url.split_once(':') {
            Some(("sqlite", rest)) => sqlite(url, rest),
            Some(("postgres" | "postgresql", _)) => postgres(url),
            // The scheme may be a password where someone forgot it.
            Some(_) => Err(format!("it is neither sqlite nor postgres\n{HINT}")),
            None => Err(format!("it does not start with the kind of database\n{HINT}")),
        }
    }
}

/// The kind of database and its location, for people.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.place)
    }
}

fn sqlite(url: &str, rest: &str) -> Result<DatabaseUrl, String> {
    let path = rest.trim_start_matches('/').split('?').next().unwrap_or_default();
    if path.is_empty() {
        return Err(format!("it names no file\n{HINT}"));
    }
    if path == ":memory:" || rest.contains("mode=memory") {
        return Err(format!("a database in memory would not outlive a restart\n{HINT}"));
    }
    let file = SqliteConnectOptions::from_str(url).map_err(|error| format!("{error}\n{HINT}"))?;
    let options = AnyConnectOptions::from_str(url).map_err(|error| format!("{error}\n{HINT}"))?;
    let place = format!("sqlite://{}", file.get_filename().display());
    Ok(DatabaseUrl { kind: DatabaseKind::Sqlite, options, place })
}

fn postgres(url: &str) -> Result<DatabaseUrl, String> {
    let options = AnyConnectOptions::from_str(url)
        .map_err(|error| format!("it is not a URL: {}\n{HINT}", root(&error)))?;
    let url = &options.database_url;
    let database = url.path().trim_start_matches('/');
    if database.is_empty() {
        return Err(format!("it names no database\n{HINT}"));
    }
    let socket = url.query_pairs().find(|(key, _)| key == "host");
    let host = socket.as_ref().map(|(_, host)| &**host).or(url.host_str());
    let Some(host) = host.filter(|host| !host.is_empty()) else {
        return Err(format!("it names no host\n{HINT}"));
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let place = format!("postgres://{host}{port}/{database}");
    Ok(DatabaseUrl { kind: DatabaseKind::Postgres, options, place })
}

/// The innermost cause, which says what is wrong and not with which text.
fn root(error: &dyn std::error::Error) -> &dyn std::error::Error {
    error.source().map_or(error, root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn a_server_has_an_address_unless_it_has_a_socket() {
        for (url, address) in [
            ("postgres://u:p@db.local/name", Some(("db.local", 5432))),
            ("postgres://u:p@127.0.0.1:6000/name", Some(("127.0.0.1", 6000))),
            ("postgres://u:p@[::1]:6000/name", Some(("::1", 6000))),
            ("postgres://u:p@localhost/name?host=/run/postgresql", None),
        ] {
            let parsed: DatabaseUrl = url.parse().expect(url);
            assert_eq!(parsed.address(), address, "{url}");
        }
    }

    #[test]
    fn the_path_is_taken_as_it_is() {
        for (url, path) in [
            ("sqlite:///var/lib/trail.db", "/var/lib/trail.db"),
            ("sqlite:///var/my%20data/trail.db", "/var/my data/trail.db"),
            ("sqlite://trail.db", "trail.db"),
        ] {
            let parsed: DatabaseUrl = url.parse().expect(url);
            assert_eq!(parsed.kind(), DatabaseKind::Sqlite);
            assert_eq!(parsed.to_string(), format!("sqlite://{path}"));
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for (url, place) in [
            ("postgres://ann:s3cret@db:5433/trail", "postgres://db:5433/trail"),
            ("postgresql://ann:s3cret@db/trail?sslmode=disable", "postgres://db/trail"),
            ("postgres:///trail?host=/run/pg&password=s3cret", "postgres:///run/pg/trail"),
        ] {
            let parsed: DatabaseUrl = url.parse().expect(url);
            assert_eq!(parsed.kind(), DatabaseKind::Postgres);
            assert_eq!(parsed.to_string(), place);
            assert_eq!(format!("{parsed:?}"), format!("DatabaseUrl({place})"));
        }
        for url in [
            "postgres://ann:s3cret@db:x/trail",
            "postgres://ann:s3cret@/trail",
            "postgres://ann:s3cret@db",
            "s3cret:whatever",
            "mysql://ann:s3cret@db/trail",
        ] {
            let error = url.parse::<DatabaseUrl>().expect_err(url);
            assert!(!error.contains("s3cret"), "{url}: {error}");
            assert!(error.ends_with(HINT), "{url}: {error}");
        }
    }

    #[test]
    fn neither_an_error_of_the_start_nor_its_help_shows_the_value() {
        #[derive(Debug, Parser)]
        struct Config {
            #[command(flatten)]
            _database: crate::database::DatabaseConfig,
        }
        let url = "postgres://ann:s3cret@db:x/trail";
        let error = Config::try_parse_from(["service", "--database-url", url]).expect_err("bad");
        insta::assert_snapshot!(error, @r"
        error: invalid value for '--database-url <DATABASE_URL>': it is not a URL: invalid port number
        hint: it has the form sqlite:///absolute/path/to/file.db or postgres://user:password@host:port/database
        ");
        let command = <Config as clap::CommandFactory>::command();
        let argument = command.get_arguments().find(|argument| argument.get_id() == "database_url");
        assert!(argument.expect("the flag").is_hide_env_values_set());
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_a_hint() {
        for (url, message) in [
            ("mysql://db/trail", "it is neither sqlite nor postgres"),
            ("trail.db", "it does not start with the kind of database"),
            ("", "it does not start with the kind of database"),
            ("sqlite:", "it names no file"),
            ("sqlite://?mode=rwc", "it names no file"),
            ("sqlite::memory:", "a database in memory would not outlive a restart"),
            ("sqlite:///a.db?mode=memory", "a database in memory would not outlive a restart"),
            ("sqlite:///a.db?colour=red", "unknown query parameter"),
            ("postgres://db", "it names no database"),
            ("postgres:///trail", "it names no host"),
        ] {
            let error = url.parse::<DatabaseUrl>().expect_err(url);
            assert!(error.contains(message), "{url}: {error}");
            assert!(error.ends_with(HINT), "{url}: {error}");
        }
    }
}
