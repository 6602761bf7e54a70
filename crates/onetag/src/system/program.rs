//! Programs of this machine.

use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};

/// The program of this name in the folders of PATH, or at this absolute path.
pub(crate) fn find_program(name: &str) -> Option<Utf8PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter_map(|path| Utf8PathBuf::try_from(path).ok());
    // What a relative folder holds depends on where somebody stands.
    let mut found = folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(name));
    match name.starts_with('/') {
        true => Some(Utf8PathBuf::from(name)).filter(|path| is_program(path)),
        false => found.find(|path| is_program(path)),
    }
}

fn is_program(path: &Utf8Path) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_executed_is_a_program() {
        let shell = find_program("sh").unwrap();
        assert!(shell.is_absolute() && shell.file_name() == Some("sh"), "{shell}");
        assert_eq!(find_program(shell.as_str()), Some(shell));
        assert_eq!(find_program("/etc/passwd"), None);
        assert_eq!(find_program("/"), None);
        assert_eq!(find_program("no-such-program-of-onetag"), None);
    }
}
