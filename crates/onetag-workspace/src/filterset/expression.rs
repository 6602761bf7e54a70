//! The parsed form of a filterset, and its evaluation.

use std::ops::Not;

use super::Selection;
use super::matcher::Matcher;
use crate::test_target::TestTarget;

/// What is selected. Flat, so that a long chain of operators is no deep tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// Intersection. Of nothing it is everything, `all()`.
    All(Vec<Expression>),
    /// Union. Of nothing it is nothing, `none()`.
    Any(Vec<Expression>),
    /// Complement.
    Not(Box<Expression>),
    /// One predicate about a whole binary.
    Binary(Property, Matcher),
    /// A predicate that this module cannot decide: about single tests, the
    /// dependency graph, platforms, or nextest's configuration.
    Undecided,
}

/// What a predicate looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    /// `binary_id()`.
    BinaryId,
    /// `binary()`: the name of the target.
    Name,
    /// `package()`.
    Package,
    /// `kind()`.
    Kind,
}

impl Expression {
    pub(super) fn selection(&self, target: &TestTarget) -> Selection {
        match self {
            Self::All(parts) => all(parts.iter().map(|part| part.selection(target))),
            // De Morgan: in at least one means not outside of all.
            Self::Any(parts) => !all(parts.iter().map(|part| !part.selection(target))),
            Self::Not(part) => !part.selection(target),
            Self::Binary(property, matcher) => matcher.matches(property.of(target)),
            Self::Undecided => Selection::Maybe,
        }
    }

    pub(super) fn collect_names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.collect_names(names));
            }
            // What is excluded is not what somebody looks for.
            Self::Not(_) | Self::Undecided | Self::Binary(Property::Kind, _) => {}
            Self::Binary(_, matcher) => names.extend(matcher.text()),
        }
    }
}

impl Property {
    fn of(self, target: &TestTarget) -> &str {
        match self {
            Self::BinaryId => &target.binary_id,
            Self::Name => &target.target,
            Self::Package => &target.package,
            Self::Kind => target.kind.as_str(),
        }
    }
}

impl Not for Selection {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

impl From<bool> for Selection {
    fn from(selected: bool) -> Self {
        if selected { Self::Yes } else { Self::No }
    }
}

fn all(parts: impl Iterator<Item = Selection>) -> Selection {
    let mut all = Selection::Yes;
    for part in parts {
        match part {
            Selection::No => return Selection::No,
            Selection::Maybe => all = Selection::Maybe,
            Selection::Yes => {}
        }
    }
    all
}
