use std::collections::BTreeSet;

use super::*;

#[test]
fn a_hundred_thousand_mints_are_all_different_and_in_order() {
    let ids: Vec<RunId> = (0..100_000).map(|_| RunId::mint()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert!(ids.is_sorted());
}

#[test]
fn the_age_is_read_from_the_id() {
    let id = RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap();
    let since_epoch = id.minted_at().duration_since(UNIX_EPOCH).unwrap();
    assert_eq!(since_epoch.as_millis(), 0x0193_a5c2_e4b0);
    assert!(RunId::mint().age() < Duration::from_secs(60));
}

#[test]
fn only_canonical_ids_are_read_back() {
    for text in [
        "",
        "0193a5c2e4b07c1e9f3a2b4c5d6e7f8",
        "0193A5C2E4B07C1E9F3A2B4C5D6E7F80",
        "0193a5c2-e4b0-7c1e-9f3a-2b4c5d6e7f80",
        "0193a5c2e4b04c1e9f3a2b4c5d6e7f80",
    ] {
        assert!(RunId::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_first_generation_has_no_number() {
    let id = RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap();
    let tag = Tag::new("alpha", id, 1);
    assert_eq!(tag.to_string(), "alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80");
    let second = Tag::new("alpha", id, 2);
    assert_eq!(
        Reference::new("beta", &second, None).to_string(),
        "localhost/beta:alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.2"
    );
    let registry = Registry::named("registry.example.com/team").unwrap();
    assert_eq!(
        Reference::new("beta", &tag, Some(&registry)).to_string(),
        "registry.example.com/team/beta:alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80"
    );
}
