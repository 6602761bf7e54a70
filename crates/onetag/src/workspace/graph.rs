//! Reachability, order and circles among names.

use std::collections::{BTreeMap, BTreeSet};

/// From each name to the names that come before it. Every name that occurs is a
/// key.
pub(super) type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// All names that can be reached from `roots`, the roots included.
pub(super) fn closure<'a>(
    edges: &Edges<'a>,
    roots: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = roots.into_iter().collect();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(edges.get(name).into_iter().flatten());
        }
    }
    reached
}

/// The names in an order in which each comes after all that it needs: whatever
/// stands in one level depends on nothing in it. Sorted within a level.
///
/// # Errors
///
/// A circle, which has no such order: `["a", "b", "a"]` where `a` needs `b` and
/// `b` needs `a`. It starts with the smallest of its names.
pub(super) fn levels<'a>(edges: &Edges<'a>) -> Result<Vec<Vec<&'a str>>, Vec<&'a str>> {
    let mut levels = Vec::new();
    let mut rest = edges.clone();
    while !rest.is_empty() {
        let level: Vec<&str> = rest
            .iter()
            .filter(|(_, needs)| needs.iter().all(|need| !rest.contains_key(need)))
            .map(|(name, _)| *name)
            .collect();
        if level.is_empty() {
            return Err(circle(&rest));
        }
        rest.retain(|name, _| !level.contains(name));
        levels.push(level);
    }
    Ok(levels)
}

/// A circle among names each of which needs another one of them.
fn circle<'a>(rest: &Edges<'a>) -> Vec<&'a str> {
    let mut path: Vec<&str> = Vec::new();
    let mut next = rest.keys().next().copied();
    // Every name has a successor in `rest`, so the walk meets itself.
    while let Some(name) = next {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            path.drain(..start);
            break;
        }
        path.push(name);
        next = rest[name].iter().copied().find(|need| rest.contains_key(need));
    }
    let smallest = (0..path.len()).min_by_key(|&i| path[i]).unwrap_or(0);
    path.rotate_left(smallest);
    path.extend(path.first().copied());
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Edges from `a: b c` lines.
    fn edges<'a>(lines: &[&'a str]) -> Edges<'a> {
        let mut edges = Edges::new();
        for line in lines {
            let (name, needs) = line.split_once(':').unwrap();
            edges.insert(name, needs.split_whitespace().collect());
        }
        edges
    }

    #[test]
    fn levels_put_needs_first_and_sort_within() {
        let edges = edges(&["d: b c", "c: a", "b: a", "a:", "e:"]);
        assert_eq!(levels(&edges).unwrap(), [vec!["a", "e"], vec!["b", "c"], vec!["d"]]);
    }

    #[test]
    fn circle_starts_with_its_smallest_name() {
        for (lines, expected) in [
            (&["a: a"][..], "a -> a"),
            (&["b: a", "a: b"], "a -> b -> a"),
            // The way into the circle is not part of it.
            (&["a: d", "d: c", "c: b", "b: d"], "b -> d -> c -> b"),
            (&["a: b", "b:", "x: y a", "y: z", "z: x"], "x -> y -> z -> x"),
        ] {
            assert_eq!(levels(&edges(lines)).unwrap_err().join(" -> "), expected);
        }
    }

    #[test]
    fn closure_survives_circles_and_shared_needs() {
        let edges = edges(&["a: b c", "b: c", "c: a", "d: a"]);
        assert_eq!(closure(&edges, ["b"]), BTreeSet::from(["a", "b", "c"]));
        assert_eq!(closure(&edges, []), BTreeSet::new());
    }

    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    proptest! {
        /// Either an order that respects every edge and holds every name once,
        /// or a circle that really is one.
        #[test]
        fn every_graph_has_an_order_or_a_circle(
            matrix in prop::collection::vec(prop::collection::vec(prop::bool::weighted(0.2), 6), 6)
        ) {
            let edges: Edges<'_> = (0..6)
                .map(|i| (NAMES[i], (0..6).filter(|&j| matrix[i][j]).map(|j| NAMES[j]).collect()))
                .collect();
            match levels(&edges) {
                Ok(levels) => {
                    let mut done = BTreeSet::new();
                    for level in &levels {
                        for name in level {
                            prop_assert!(edges[name].is_subset(&done), "{name} comes too early");
                        }
                        done.extend(level.iter().copied());
                    }
                    prop_assert_eq!(done.len(), NAMES.len());
                    prop_assert_eq!(levels.concat().len(), NAMES.len());
                }
                Err(circle) => {
                    prop_assert!(circle.len() >= 2);
                    prop_assert_eq!(circle.first(), circle.last());
                    for pair in circle.windows(2) {
                        prop_assert!(edges[pair[0]].contains(pair[1]));
                    }
                }
            }
        }
    }
}
