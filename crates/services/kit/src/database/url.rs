//! `DATABASE_URL`.

use std::fmt;
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;

/// The accepted form of a URL.
const HINT: &str = "hint: it has the form sqlite:///absolute/path/to/file.db";

/// Which database to use, read from `DATABASE_URL`.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// `sqlite:///absolute/path/to/file.db`
    Sqlite(SqliteConnectOptions),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        match url.split_once(':') {
            Some(("sqlite", rest)) => sqlite(url, rest).map(Self::Sqlite),
            Some((scheme, _)) => Err(format!("`{scheme}` databases are not supported\n{HINT}")),
            None => Err(format!("it does not start with the kind of database\n{HINT}")),
        }
    }
}

/// The kind of database and its location, for errors.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(options) => write!(f, "sqlite://{}", options.get_filename().display()),
        }
    }
}

fn sqlite(url: &str, rest: &str) -> Result<SqliteConnectOptions, String> {
    let path = rest.trim_start_matches('/').split('?').next().unwrap_or_default();
    if path.is_empty() {
        return Err(format!("it names no file\n{HINT}"));
    }
    if path == ":memory:" || rest.contains("mode=memory") {
        return Err(format!("a database in memory would not outlive a restart\n{HINT}"));
    }
    SqliteConnectOptions::from_str(url).map_err(|error| format!("{error}\n{HINT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_taken_as_it_is() {
        for (url, path) in [
            ("sqlite:///var/lib/trail.db", "/var/lib/trail.db"),
            ("sqlite:///var/my%20data/trail.db", "/var/my data/trail.db"),
            ("sqlite://trail.db", "trail.db"),
        ] {
            let DatabaseUrl::Sqlite(options) = url.parse().expect(url);
            assert_eq!(options.get_filename().to_string_lossy(), path);
            assert_eq!(DatabaseUrl::Sqlite(options).to_string(), format!("sqlite://{path}"));
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_a_hint() {
        for (url, message) in [
            ("postgres://db/trail", "`postgres` databases are not supported"),
            ("trail.db", "it does not start with the kind of database"),
            ("", "it does not start with the kind of database"),
            ("sqlite:", "it names no file"),
            ("sqlite://?mode=rwc", "it names no file"),
            ("sqlite::memory:", "a database in memory would not outlive a restart"),
            ("sqlite:///a.db?mode=memory", "a database in memory would not outlive a restart"),
            ("sqlite:///a.db?colour=red", "unknown query parameter"),
        ] {
            let error = url.parse::<DatabaseUrl>().expect_err(url);
            assert!(error.contains(message), "{url}: {error}");
            assert!(error.ends_with(HINT), "{url}: {error}");
        }
    }
}
