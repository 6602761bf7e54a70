//! Migrations that are embedded in the program.
//!
//! `sqlx::migrate!` embeds them too, but for it the compiler has sqlx, its drivers and
//! SQLite built a second time, as parts of a macro.

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Embedded migrations, one set for each kind of database.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// The table that remembers which of them were done.
    pub table: &'static str,
    /// For SQLite.
    pub sqlite: Scripts,
    /// For PostgreSQL.
    pub postgres: Scripts,
}

/// The names and texts of scripts, see [`scripts!`](crate::scripts).
pub type Scripts = &'static [(&'static str, &'static str)];

/// Embeds all scripts of a folder, which is named from the file that says it. Their
/// names are those that `sqlx migrate add` gives them, without `.sql`:
///
/// ```ignore
/// scripts!("../migrations/sqlite", "0001_things", "0002_their_sizes")
/// ```
#[macro_export]
macro_rules! scripts {
    ($folder:literal, $($name:literal),+) => {
        &[$(($name, include_str!(concat!($folder, "/", $name, ".sql")))),+]
    };
}

/// Runs these scripts, unless `table` says that they were.
///
/// # Panics
///
/// When the name of a script does not begin with its number.
#[must_use]
pub fn migrator(table: &'static str, scripts: Scripts) -> Migrator {
    let migrations = scripts.iter().map(|&(name, text)| {
        let (number, description) = name.split_once('_').expect("a number and a description");
        let number = number.parse().expect("a number");
        let description = description.replace('_', " ").into();
        let text = SqlStr::from_static(text);
        Migration::new(number, description, MigrationType::Simple, text, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(table);
    migrator
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    use super::*;

    const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

    /// The files below a folder whose names end like this.
    fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
        let entries = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry"));
        let below = entries.map(|entry| entry.path()).flat_map(|path| match path.is_dir() {
            true => files(&path, end),
            false => vec![path],
        });
        below.filter(|path| path.to_string_lossy().ends_with(end)).collect()
    }

    /// Nobody forgets to list one, in any package.
    #[test]
    fn every_script_of_a_folder_is_embedded() {
        // Not as one word, or this would be a call as well.
        let call = concat!("scripts", "!(");
        let mut embedded = BTreeMap::new();
        for source in files(Path::new(SERVICES), ".rs") {
            let text = std::fs::read_to_string(&source).expect("text");
            let calls = text.split(call).skip(1).map(|call| call.split(')').next());
            for call in calls.flatten().filter(|call| call.trim_start().starts_with('"')) {
                let mut words = call.split('"').skip(1).step_by(2).map(str::to_owned);
                let folder = source.parent().expect("a folder").join(words.next().expect("one"));
                // The example of the macro's own documentation has none.
                if let Ok(folder) = folder.canonicalize() {
                    embedded.insert(folder, words.collect::<BTreeSet<_>>());
                }
            }
        }
        let mut there: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for script in files(Path::new(SERVICES), ".sql") {
            let script = script.canonicalize().expect("a path");
            let name = script.file_stem().expect("a name").to_string_lossy().into_owned();
            there.entry(script.parent().expect("a folder").to_owned()).or_default().insert(name);
        }
        assert_eq!(embedded, there);
    }

    /// Databases that were migrated by sqlx itself stay what they are.
    #[tokio::test]
    async fn scripts_are_the_migrations_that_sqlx_finds_in_their_folder() {
        for (folder, scripts) in [
            ("outbox/sqlite", crate::outbox::MIGRATIONS.sqlite),
            ("outbox/postgres", crate::outbox::MIGRATIONS.postgres),
            ("resource/sqlite", crate::resource::MIGRATIONS.sqlite),
            ("resource/postgres", crate::resource::MIGRATIONS.postgres),
        ] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let found = Migrator::new(folder).await.expect("a folder of migrations");
            let shown = |migrator: &Migrator| {
                let shown =
                    |one: &Migration| (one.version, one.description.clone(), one.checksum.clone());
                migrator.iter().map(shown).collect::<Vec<_>>()
            };
            assert_eq!(shown(&migrator("_", scripts)), shown(&found));
        }
    }
}
