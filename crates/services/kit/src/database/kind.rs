//! What differs between the kinds of database.

use std::fmt;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// One file, one writer at a time, readers beside it.
    Sqlite,
    /// A server, which several processes use at the same time.
    Postgres,
}

impl DatabaseKind {
    /// A subquery with the texts of a JSON array, a row each. The array is the
    /// value of the parameter with this number.
    #[must_use]
    pub fn texts_of(self, parameter: usize) -> String {
        match self {
            Self::Sqlite => format!("(SELECT value FROM json_each(${parameter}))"),
            Self::Postgres => {
                format!("(SELECT json_array_elements_text(CAST(${parameter} AS json)))")
            }
        }
    }

    pub(super) fn begin(self) -> &'static str {
        match self {
            // Takes the write lock now: a transaction that takes it later fails
            // if another one has written meanwhile.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN READ WRITE",
        }
    }

    pub(super) fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }
}

impl fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}
