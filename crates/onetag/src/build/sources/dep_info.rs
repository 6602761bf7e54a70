//! Dep-info files: which files a compiler read, in the syntax of make.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

/// What a dep-info file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DepInfo {
    /// As written: absolute, or relative to where the compiler ran.
    pub(super) files: Vec<Utf8PathBuf>,
    /// The variables that were read, in files of rustc.
    pub(super) env: BTreeMap<String, String>,
}

impl DepInfo {
    /// None if there is no such file.
    pub(super) fn read(path: &Utf8Path) -> Option<DepInfo> {
        Some(DepInfo::parse(&fs::read_to_string(path).ok()?))
    }

    /// Every output has a line with the same files: the first one is enough.
    pub(super) fn parse(text: &str) -> DepInfo {
        let mut info = DepInfo::default();
        let mut rule = None;
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                let (key, value) = variable.split_once('=').unwrap_or((variable, ""));
                info.env.insert(key.to_owned(), value.to_owned());
            } else if !line.starts_with('#') {
                rule = rule.or_else(|| line.split_once(": "));
            }
        }
        if let Some((_, files)) = rule {
            info.files = words(files);
        }
        info
    }
}

/// Words between spaces; a space that belongs to a word follows a backslash.
fn words(text: &str) -> Vec<Utf8PathBuf> {
    let mut words: Vec<String> = Vec::new();
    let mut continues = false;
    for part in text.split(' ').filter(|part| !part.is_empty()) {
        let (part, escaped) = match part.strip_suffix('\\') {
            Some(part) => (part, true),
            None => (part, false),
        };
        match words.last_mut().filter(|_| continues) {
            Some(word) => *word = format!("{word} {part}"),
            None => words.push(part.to_owned()),
        }
        continues = escaped;
    }
    words.into_iter().map(Utf8PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_variables_are_read() {
        let text = "/t/debug/deps/a-1.d: a/src/lib.rs /t/my\\ code/x.txt b.rs\n\n\
                    /t/debug/deps/liba-1.rlib: a/src/lib.rs\n\na/src/lib.rs:\n\n\
                    # env-dep:CARGO_MANIFEST_DIR=/w/a\n# env-dep:UNSET\n";
        let info = DepInfo::parse(text);
        assert_eq!(info.files, ["a/src/lib.rs", "/t/my code/x.txt", "b.rs"]);
        assert_eq!(info.env["CARGO_MANIFEST_DIR"], "/w/a");
        assert_eq!(info.env["UNSET"], "");
        assert_eq!(DepInfo::parse("a:\n").files, [""; 0]);
    }
}
