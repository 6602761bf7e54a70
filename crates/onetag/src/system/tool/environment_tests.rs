use super::*;

fn fate(key: &str, value: &str) -> Fate {
    Fate::of(OsStr::new(key), OsStr::new(value), false)
}

#[test]
fn what_is_set_goes_and_what_configures_stays() {
    for key in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_BIN_EXE_x", "OUT_DIR"] {
        assert_eq!(fate(key, "x"), Fate::Goes, "{key}");
    }
    for key in [
        "CARGO_HOME",
        "CARGO_TARGET_DIR",
        "CARGO_NET_OFFLINE",
        "CARGO_PROFILE_DEV_DEBUG",
        "CARGO",
        "PATH",
        "NEXTEST_TEST_THREADS",
    ] {
        assert_eq!(fate(key, "x"), Fate::Stays, "{key}");
    }
}

#[test]
fn below_nextest_its_variables_are_of_another_run() {
    for key in ["NEXTEST", "NEXTEST_ENV", "NEXTEST_RUN_ID", "NEXTEST_TEST_THREADS"] {
        assert_eq!(Fate::of(OsStr::new(key), OsStr::new("1"), true), Fate::Goes, "{key}");
    }
    assert_eq!(Fate::of(OsStr::new("PATH"), OsStr::new("/bin"), true), Fate::Stays);
}

#[test]
fn only_the_own_entries_of_the_library_path_are_left() {
    let temp = tempfile::tempdir().unwrap();
    let build = temp.path().join("target/xtask");
    std::fs::create_dir_all(build.join("deps")).unwrap();
    std::fs::write(build.join(".cargo-lock"), "").unwrap();
    let set = format!("{}:/t/lib/rustlib/x/lib", build.join("deps").display());
    assert_eq!(fate("LD_LIBRARY_PATH", &set), Fate::Goes);
    let mixed = format!("{set}:/opt/oracle/lib");
    assert_eq!(fate("LD_LIBRARY_PATH", &mixed), Fate::Becomes("/opt/oracle/lib".into()));
    assert_eq!(fate("LD_LIBRARY_PATH", "/opt/oracle/lib"), Fate::Stays);
}
