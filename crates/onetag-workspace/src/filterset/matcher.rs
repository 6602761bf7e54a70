//! Name matchers: `=exact`, `~contains`, `#glob`, `/regex/`.

use super::Selection;

/// How a predicate compares a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matcher {
    Equal(String),
    Contains(String),
    /// A glob whose only special characters are `*` and `?`.
    Glob(String),
    /// A regular expression, or a glob with classes or alternatives: deciding
    /// those takes crates that are not worth their build time here.
    Undecided,
}

impl Matcher {
    /// The glob `pattern`, or undecided if it is not a simple one.
    pub(super) fn glob(pattern: String) -> Self {
        let is_simple = !pattern.contains(['[', ']', '{', '}', '\\']) && !pattern.contains("**");
        if is_simple { Self::Glob(pattern) } else { Self::Undecided }
    }

    pub(super) fn matches(&self, name: &str) -> Selection {
        match self {
            Self::Equal(text) => Selection::from(name == text),
            Self::Contains(text) => Selection::from(name.contains(text.as_str())),
            Self::Glob(pattern) => {
                Selection::from(glob_matches(pattern.as_bytes(), name.as_bytes()))
            }
            Self::Undecided => Selection::Maybe,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Equal(text) | Self::Contains(text) | Self::Glob(text) => Some(text),
            Self::Undecided => None,
        }
    }
}

/// Whether `name` as a whole matches `pattern`, in which `*` stands for any
/// number of bytes, slashes too, and `?` for one. Bytes, not characters, because
/// nextest turns its globs into expressions over bytes.
fn glob_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where to go on if what follows the last star does not match: giving the
    // star one more byte. Earlier stars need no second try, since the last one
    // can take whatever they could.
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((after_star, start)) = retry else {
                    return false;
                };
                retry = Some((after_star, start + 1));
                p = after_star;
                n = start + 1;
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, word for word; exponential, hence only for tests.
    fn glob_by_definition(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|n| glob_by_definition(rest, &name[n..])),
            Some((byte, rest)) => name.split_first().is_some_and(|(n, name)| {
                (*byte == b'?' || byte == n) && glob_by_definition(rest, name)
            }),
        }
    }

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, expected) in [
            ("e2e::messenger", "e2e::messenger", true),
            ("e2e::messenger", "e2e::messenger2", false),
            ("messenger", "e2e::messenger", false),
            ("e2e::*", "e2e::", true),
            ("*::bin/*", "a::bin/b", true),
            ("?2e::sink", "e2e::sink", true),
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
        ] {
            let matcher = Matcher::glob(pattern.to_owned());
            assert_eq!(matcher.matches(name), Selection::from(expected), "{pattern} on {name}");
        }
    }

    #[test]
    fn other_globs_are_undecided() {
        for pattern in ["a[bc]", "{a,b}", "a/**/b", r"a\b"] {
            assert_eq!(Matcher::glob(pattern.to_owned()).matches("ab"), Selection::Maybe);
        }
    }

    proptest! {
        #[test]
        fn globs_agree_with_their_definition(pattern in "[ab*?]{0,8}", name in "[ab]{0,10}") {
            prop_assert_eq!(
                glob_matches(pattern.as_bytes(), name.as_bytes()),
                glob_by_definition(pattern.as_bytes(), name.as_bytes())
            );
        }
    }
}
