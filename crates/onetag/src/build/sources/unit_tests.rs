use std::fs;

use serde_json::json;

use super::super::contents::Contents;
use super::*;

/// A workspace with the package `app`: a library, a program, and things beside them.
struct Package {
    temp: tempfile::TempDir,
    artifacts: Vec<Artifact>,
}

const FILES: [&str; 11] = [
    "app/src/lib.rs",
    "app/src/lib_tests.rs",
    "app/src/main.rs",
    "app/src/only-main.txt",
    "app/texts/a.txt",
    "app/scripts/x.rs",
    "app/build.rs",
    "app/tests/texts/c.txt",
    "shared/b.txt",
    "tiny/src/lib.rs",
    "target/debug/build/app-1/out/made.rs",
];

impl Package {
    fn new() -> Package {
        let mut package = Package { temp: tempfile::tempdir().unwrap(), artifacts: Vec::new() };
        for file in FILES {
            package.write(file, "");
        }
        let root = package.root().to_owned();
        package.write(
            "target/debug/deps/app-2.d",
            &format!(
                "x: app/src/lib.rs {root}/target/debug/build/app-1/out/made.rs /gone/out/old.rs\n\
                 # env-dep:OUT_DIR=/gone/out\n# env-dep:CARGO_MANIFEST_DIR={root}/app\n"
            ),
        );
        let of_program = ["app/src/lib.rs", "app/src/main.rs", "app/src/only-main.txt"];
        let of_others = ["app/build.rs", "tiny/src/lib.rs", "shared/b.txt"];
        let files = of_program.iter().chain(&of_others).map(|file| format!(" {root}/{file}"));
        let files = files.collect::<String>();
        package.write("target/debug/app.d", &format!("{root}/target/debug/app:{files}\n"));
        package.artifacts = vec![
            package.artifact("lib", "target/debug/deps/libapp-2.rlib", "app/src/lib.rs"),
            package.artifact("bin", "target/debug/app", "app/src/main.rs"),
        ];
        package
    }

    fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.temp.path()).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn artifact(&self, kind: &str, path: &str, source: &str) -> Artifact {
        let root = self.root();
        let artifact = json!({
            "package_id": format!("path+file://{root}/app#0.0.0"),
            "manifest_path": root.join("app/Cargo.toml"),
            "target": {
                "kind": [kind], "crate_types": [kind], "name": "app",
                "src_path": root.join(source), "edition": "2024",
            },
            "profile": {
                "opt_level": "0", "debug_assertions": true, "overflow_checks": true, "test": false,
            },
            "features": [], "filenames": [root.join(path)], "executable": null, "fresh": true,
        });
        serde_json::from_value(artifact).unwrap()
    }

    /// The sources of library and program.
    fn sources(&self, script: &ScriptInputs) -> [Vec<String>; 2] {
        let (root, target) = (self.root(), self.root().join("target"));
        let places = Places { root, target: &target, tests: &[] };
        let (app, tiny) = (root.join("app"), root.join("tiny"));
        let packages = BTreeSet::from([app.as_path(), tiny.as_path()]);
        let units = self.artifacts.iter();
        let units: Vec<_> =
            units.filter_map(|unit| LocalUnit::new(unit, places, &packages)).collect();
        let files = super::super::walk::package_files(&app, &target);
        [0, 1].map(|at| {
            let sources = units[at].sources(&files, &units, script).into_iter();
            let sources = sources.map(|path| Utf8Path::new(path).strip_prefix(root).unwrap());
            sources
                .filter(|path| !path.ends_with("Cargo.toml[package]"))
                .map(Utf8Path::to_string)
                .collect()
        })
    }
}

#[test]
fn files_count_that_are_named_or_that_nobody_else_has() {
    let package = Package::new();
    let [library, program] = package.sources(&ScriptInputs::default());
    assert_eq!(library, ["app/scripts/x.rs", "app/src/lib.rs", "app/texts/a.txt"]);
    assert_eq!(
        program,
        [
            "app/build.rs",
            "app/scripts/x.rs",
            "app/src/lib.rs",
            "app/src/main.rs",
            "app/src/only-main.txt",
            "app/texts/a.txt",
            "shared/b.txt",
        ]
    );
}

#[test]
fn without_dep_info_all_files_of_the_package_count() {
    let package = Package::new();
    fs::remove_file(package.root().join("target/debug/deps/app-2.d")).unwrap();
    let [library, _] = package.sources(&ScriptInputs::default());
    let all = FILES.iter().filter(|file| file.starts_with("app/"));
    let mut all: Vec<_> = all.map(|file| (*file).to_owned()).collect();
    all.sort();
    assert_eq!(library, all);
}

#[test]
fn what_a_build_script_names_counts_for_all_of_the_package() {
    let package = Package::new();
    let script = |output: &str| {
        package.write("target/debug/build/app-1/output", output);
        let script = json!({
            "package_id": "x", "linked_libs": [], "linked_paths": [], "cfgs": [], "env": [],
            "out_dir": package.root().join("target/debug/build/app-1/out"),
        });
        ScriptInputs::of(&serde_json::from_value(script).unwrap(), &package.root().join("app"))
    };
    let named = script("cargo::rerun-if-changed=../shared\ncargo:rerun-if-changed=texts\nx\n");
    assert!(!named.reads_all);
    let names = named.files.iter().map(|path| Utf8Path::new(path).file_name().unwrap());
    assert_eq!(names.collect::<BTreeSet<_>>(), BTreeSet::from(["a.txt", "b.txt"]));
    let variable = script("cargo:rerun-if-env-changed=A\n");
    assert_eq!(variable, ScriptInputs::default());
    // One that names nothing reads all.
    let [library, _] = package.sources(&script("cargo::rustc-env=A=B\n"));
    for file in ["app/src/lib_tests.rs", "app/tests/texts/c.txt"] {
        assert!(library.iter().any(|path| path == file), "{library:?}");
    }
}

#[test]
fn what_the_workspace_says_of_its_packages_counts() {
    let package = Package::new();
    let manifest = |text: &str| {
        package.write("Cargo.toml", text);
        let (root, target) = (package.root(), package.root().join("target"));
        let places = Places { root, target: &target, tests: &[] };
        let unit = LocalUnit::new(&package.artifacts[0], places, &BTreeSet::new()).unwrap();
        let (files, script) = (BTreeSet::new(), ScriptInputs::default());
        let sources = unit.sources(&files, &[], &script);
        let mut contents = Contents::default();
        sources.into_iter().map(|path| contents.digest(path)).collect::<Vec<_>>()
    };
    let old = manifest("[workspace.package]\ndescription = 'old'\n");
    assert_eq!(old, manifest("[workspace]\npackage.description = 'old'\n[profile.dev]\n"));
    assert_ne!(old, manifest("[workspace.package]\ndescription = 'new'\n"));
}

#[test]
fn a_package_outside_inherits_from_its_own_workspace() {
    let package = Package::new();
    package.write("Cargo.toml", "[workspace.package]\n");
    let [root, app, pair] = ["", "app", "pair"].map(|folder| package.root().join(folder));
    assert_eq!(workspace_of(&app, &pair), package.root());
    assert_eq!(workspace_of(&app, &root), root);
    package.write("Cargo.toml", "");
    assert_eq!(workspace_of(&app, &pair), pair);
}

#[test]
fn a_vendored_package_is_local() {
    let package = Package::new();
    let mut artifact = package.artifacts[0].clone();
    artifact.package_id.repr =
        "registry+https://github.com/rust-lang/crates.io-index#a@1.0.0".into();
    assert_eq!(local_package(&artifact), None);
    package.write("app/.cargo-checksum.json", "{}");
    assert_eq!(local_package(&artifact), Some(&*package.root().join("app")));
}
