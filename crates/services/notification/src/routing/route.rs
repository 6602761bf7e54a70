//! One route: its conditions and its receiver.

use kit::{FromInput, Node};

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

impl FromInput for Route {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let matchers = object.optional("matchers", |node| node.array(1..=50, Matcher::read));
            let kinds = object.optional("type", |node| node.array(1..=5, Kind::read));
            let priorities = object.optional("priority", |node| node.array(1..=4, Priority::read));
            let receiver = object.required("receiver", Node::label);
            Some(Self {
                matchers: matchers?.unwrap_or_default(),
                kinds: kinds?.unwrap_or_default(),
                priorities: priorities?.unwrap_or_default(),
                receiver: receiver?,
            })
        })
    }
}
