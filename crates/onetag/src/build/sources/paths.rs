//! Paths that a copy of a workspace finds again.

use camino::{Utf8Path, Utf8PathBuf};

/// A path relative to a folder, which may not contain it.
pub(super) fn relative(root: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    if let Ok(below) = path.strip_prefix(root) {
        return below.to_owned();
    }
    let above = root.ancestors().position(|folder| path.starts_with(folder));
    let common = root.ancestors().find_map(|folder| path.strip_prefix(folder).ok());
    match (above, common) {
        (Some(above), Some(rest)) => {
            std::iter::repeat_n("..", above).map(Utf8Path::new).chain([rest]).collect()
        }
        _ => path.to_owned(),
    }
}

/// The path that [`relative`] made relative, without dots.
pub(super) fn absolute(root: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    let mut root = root;
    let mut path = path;
    while let (Ok(rest), Some(parent)) = (path.strip_prefix(".."), root.parent()) {
        (root, path) = (parent, rest);
    }
    root.join(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_wherever_the_workspace_is() {
        for (path, expected) in [
            ("/w/pair/beta/src/main.rs", "beta/src/main.rs"),
            ("/w/words/src/lib.rs", "../words/src/lib.rs"),
            ("/w/pair", ""),
            ("/etc/x", "../../etc/x"),
        ] {
            let relative = relative("/w/pair".into(), path.into());
            assert_eq!(relative, expected);
            assert_eq!(absolute("/w/pair".into(), &relative), path.trim_end_matches('/'));
        }
        let moved = relative("/w/pair".into(), "/w/words/src/lib.rs".into());
        assert_eq!(absolute("/copy/pair".into(), &moved), "/copy/words/src/lib.rs");
    }
}
