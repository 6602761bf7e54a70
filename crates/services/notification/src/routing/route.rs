//! One route: its conditions and its receiver.

use kit::Violations;

use super::document::RouteRule;
use super::matcher::Matcher;
use crate::model::{Kind, Priority, Spec};

/// A route matches if all of its conditions match; without conditions it
/// matches everything.
#[derive(Clone, Debug)]
pub(super) struct Route {
    matchers: Vec<Matcher>,
    /// Matches any of these; empty matches all.
    kinds: Vec<Kind>,
    /// Matches any of these; empty matches all.
    priorities: Vec<Priority>,
    pub(super) receiver: String,
}

impl Route {
    /// Reads a route; what is wrong with its matchers is below `path`.
    pub(super) fn read(path: &str, rule: RouteRule, violations: &mut Violations) -> Self {
        let mut matchers = Vec::new();
        for (index, text) in rule.matchers.iter().enumerate() {
            match Matcher::parse(text) {
                Ok(matcher) => matchers.push(matcher),
                Err(message) => violations.refuse(format!("{path}.matchers[{index}]"), message),
            }
        }
        let RouteRule { kinds, priorities, receiver, .. } = rule;
        Self { matchers, kinds, priorities, receiver }
    }

    pub(super) fn matches(&self, spec: &Spec) -> bool {
        is_one_of(spec.kind, &self.kinds)
            && is_one_of(spec.priority, &self.priorities)
            && self.matchers.iter().all(|matcher| matcher.matches(&spec.labels))
    }

    /// Whether this route certainly matches everything that `other` matches:
    /// each of its conditions is a condition of `other` or weaker than one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        is_within(&other.kinds, &self.kinds)
            && is_within(&other.priorities, &self.priorities)
            && self.matchers.iter().all(|matcher| other.matchers.contains(matcher))
    }
}

fn is_one_of<T: PartialEq>(value: T, list: &[T]) -> bool {
    list.is_empty() || list.contains(&value)
}

fn is_within<T: PartialEq>(inner: &[T], outer: &[T]) -> bool {
    outer.is_empty() || (!inner.is_empty() && inner.iter().all(|value| outer.contains(value)))
}
