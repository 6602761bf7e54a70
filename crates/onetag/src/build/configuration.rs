//! What cargo's configuration files say, as far as it is needed besides cargo.

use camino::{Utf8Path, Utf8PathBuf};

use crate::context::here;

/// Cargo's configuration files for the current folder, those first that win.
pub(super) struct Configuration {
    files: Vec<Utf8PathBuf>,
}

impl Configuration {
    /// Finds the files: of the current folder, of those above it, and of the user.
    pub(super) fn read() -> anyhow::Result<Configuration> {
        let here = here()?;
        let folders = here.ancestors().map(|folder| folder.join(".cargo"));
        let home = std::env::var("CARGO_HOME").ok().map(Utf8PathBuf::from);
        let home =
            home.or_else(|| Some(Utf8PathBuf::from(std::env::var("HOME").ok()?).join(".cargo")));
        let names = |folder: Utf8PathBuf| ["config", "config.toml"].map(|name| folder.join(name));
        let files = folders.chain(home).flat_map(names);
        Ok(Configuration { files: files.collect() })
    }

    /// The places at which a file is read, if there is one.
    pub(super) fn files(&self) -> impl Iterator<Item = &Utf8Path> {
        self.files.iter().map(Utf8PathBuf::as_path)
    }

    /// The compiler that is named for cargo, if one is.
    pub(super) fn rustc(&self) -> Option<String> {
        let named = ["RUSTC", "CARGO_BUILD_RUSTC"]
            .into_iter()
            .find_map(|key| std::env::var(key).ok().filter(|value| !value.is_empty()));
        named.or_else(|| self.files().find_map(rustc_of))
    }
}

/// `build.rustc` of a file: relative to the folder that `.cargo` is in, unless it is
/// a name without a slash, which is searched for.
fn rustc_of(file: &Utf8Path) -> Option<String> {
    let table: toml::Table = std::fs::read_to_string(file).ok()?.parse().ok()?;
    let rustc = table.get("build")?.get("rustc")?.as_str()?;
    match rustc.contains('/') {
        true => Some(file.parent()?.parent()?.join(rustc).into_string()),
        false => Some(rustc.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_named_relative_to_the_folder_of_its_configuration() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        std::fs::create_dir(folder.join(".cargo")).unwrap();
        let file = folder.join(".cargo/config.toml");
        for (text, expected) in [
            ("[build]\nrustc = 'rustc-1.90'", Some("rustc-1.90".to_owned())),
            ("build.rustc = 'bin/rustc'", Some(format!("{folder}/bin/rustc"))),
            ("build.rustc = '/bin/rustc'", Some("/bin/rustc".to_owned())),
            ("build.jobs = 1", None),
            ("build = [", None),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(rustc_of(&file), expected, "{text}");
        }
        assert_eq!(rustc_of(&folder.join("nosuch")), None);
    }
}
