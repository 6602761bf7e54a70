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
