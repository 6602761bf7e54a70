//! Whether what cargo has made is of the sources as they are.

use crate::build::image::Digest;

/// What is known of a unit: an artifact, or the artifacts, that one call of a
/// compiler makes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// Cargo built it just now.
    pub(super) built: bool,
    /// The sources that are remembered for this very artifact.
    pub(super) remembered: Option<Option<Digest>>,
    /// The sources as they were before cargo started; none if one of them changed
    /// since.
    pub(super) sources: Option<Digest>,
    /// Nothing of the sources changed after it was built, as far as the file system
    /// knows (ctime, which nobody sets back).
    pub(super) is_younger: bool,
    /// Another checkout of the workspace had something built here.
    pub(super) has_others: bool,
    /// It has the path of its package in it, and that is another checkout's.
    pub(super) is_of_elsewhere: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is of these sources, and is to be remembered.
    Remember,
    /// It is remembered.
    Believe,
    /// It has to be built again.
    Stale,
}

impl Evidence {
    pub(super) fn verdict(&self) -> Verdict {
        match self.remembered {
            _ if self.built => Verdict::Remember,
            _ if self.is_of_elsewhere || self.sources.is_none() => Verdict::Stale,
            Some(remembered) if remembered == self.sources => Verdict::Believe,
            None if self.is_younger && !self.has_others => Verdict::Remember,
            _ => Verdict::Stale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_believed_where_contents_agree() {
        let [now, then] = [Digest::of(b"now"), Digest::of(b"then")];
        let fresh = Evidence {
            built: false,
            remembered: Some(Some(now)),
            sources: Some(now),
            is_younger: false,
            has_others: true,
            is_of_elsewhere: false,
        };
        let unknown = Evidence { remembered: None, has_others: false, ..fresh };
        for (evidence, expected) in [
            (fresh, Verdict::Believe),
            (Evidence { remembered: Some(Some(then)), ..fresh }, Verdict::Stale),
            (Evidence { remembered: Some(Some(then)), is_younger: true, ..fresh }, Verdict::Stale),
            (Evidence { remembered: Some(None), ..fresh }, Verdict::Stale),
            (Evidence { remembered: Some(None), sources: None, ..fresh }, Verdict::Stale),
            (Evidence { is_of_elsewhere: true, ..fresh }, Verdict::Stale),
            (unknown, Verdict::Stale),
            (Evidence { is_younger: true, ..unknown }, Verdict::Remember),
            (Evidence { is_younger: true, has_others: true, ..unknown }, Verdict::Stale),
            (Evidence { is_younger: true, sources: None, ..unknown }, Verdict::Stale),
            (Evidence { built: true, sources: None, ..unknown }, Verdict::Remember),
            (Evidence { built: true, remembered: Some(Some(then)), ..fresh }, Verdict::Remember),
        ] {
            assert_eq!(evidence.verdict(), expected, "{evidence:?}");
        }
    }
}
