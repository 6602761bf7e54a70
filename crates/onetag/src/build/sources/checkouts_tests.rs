use serde_json::json;

use super::*;
use crate::workspace::testing::Fixture;

#[test]
fn a_checkout_is_named_by_the_sources_of_a_package_in_the_same_place() {
    let temp = tempfile::tempdir().unwrap();
    let target = Utf8Path::from_path(temp.path()).unwrap();
    let fixture = Fixture::new().service("a", json!({})).service("b-c", json!({}));
    let mut workspace = fixture.load().unwrap();
    workspace.target_directory = target.to_owned();
    std::fs::create_dir_all(target.join("debug/deps")).unwrap();
    std::fs::create_dir_all(target.join("x86_64/release")).unwrap();
    for (file, source) in [
        ("debug/a.d", "/ws/crates/a/src/main.rs"),
        ("x86_64/release/a.d", "/there/crates/a/src/deep/x.rs /else/a/src/main.rs"),
        ("debug/libb_c.d", "/gone/crates/b-c/src/lib.rs"),
        ("debug/other.d", "/other/crates/a/src/main.rs"),
        ("debug/deps/a.d", "/deps/crates/a/src/main.rs"),
    ] {
        std::fs::write(target.join(file), format!("x: {source}\n")).unwrap();
    }
    let named = |package: &str| format!("{package} crates/{package}/Cargo.toml");
    let checkouts = named_by_cargo(&workspace);
    let expected = [("/gone", named("b-c")), ("/there", named("a"))];
    let expected = expected.map(|(root, key)| (root.into(), BTreeSet::from([key])));
    assert_eq!(checkouts, BTreeMap::from(expected));
    assert_eq!(package_keys(&workspace), BTreeSet::from([named("a"), named("b-c")]));
}
