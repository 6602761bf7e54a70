//! Places in which a text that a service shows can stand.

use std::os::unix::fs::symlink;

use crate::project::{Project, manifest};

/// A macro that puts the files of a folder of the calling package into the
/// program, as `include_dir` does.
const EMBED: &str = r#"
use proc_macro::TokenStream;

#[proc_macro]
pub fn embed(folder: TokenStream) -> TokenStream {
    let folder = folder.to_string();
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let entries = std::fs::read_dir(format!("{package}/{}", folder.trim_matches('"'))).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let files: String = paths.iter().map(|path| format!("include_str!({path:?}),")).collect();
    format!("concat!({files})").parse().unwrap()
}
"#;

/// A build script that hands the files of a folder to the program.
const BUILD_SCRIPT: &str = r#"
fn main() {
    println!("cargo::rerun-if-changed=FOLDER");
    let entries = std::fs::read_dir("FOLDER").unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let text: String = paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    println!("cargo::rustc-env=GREETING={text}");
}
"#;

/// Takes packages of the registry from `vendor`, as `cargo vendor` says.
const VENDORED: &str = r#"
[source.crates-io]
replace-with = "vendored-sources"

[source.vendored-sources]
directory = "vendor"
"#;

const GREETING: &str = "const GREETING: &str = \"hello from beta\";";

/// The places in which the greeting of `beta` can stand, each with the file to
/// edit.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Service,
    PathPackageOutside,
    FolderOfBuildScript,
    FolderOutsideOfPackage,
    /// Hidden, and of a build script that does not say what it reads.
    HiddenFolder,
    LinkedFolder,
    IncludedFile,
    EmbeddedFolder,
    VendoredPackage,
}

impl Place {
    /// Moves the greeting there.
    pub(super) fn prepare(self, project: &Project) {
        match self {
            Place::Service => {}
            Place::PathPackageOutside => {
                project.create("../words/Cargo.toml", &manifest("words", ""));
                project.create("../words/src/lib.rs", &format!("pub {GREETING}\n"));
                project.append("Cargo.toml", "exclude = [\"../words\"]\n");
                let dependency = "[dependencies]\nwords = { path = \"../../words\" }\n";
                project.replace("beta/Cargo.toml", "[dependencies]\n", dependency);
                project.replace("beta/src/main.rs", GREETING, "use words::GREETING;");
            }
            Place::FolderOfBuildScript | Place::FolderOutsideOfPackage => {
                project.create(self.file(), "hello from beta");
                let folder = match self {
                    Place::FolderOutsideOfPackage => "../shared/texts",
                    _ => "texts",
                };
                project.create("beta/build.rs", &BUILD_SCRIPT.replace("FOLDER", folder));
                let greeting = "const GREETING: &str = env!(\"GREETING\");";
                project.replace("beta/src/main.rs", GREETING, greeting);
            }
            Place::HiddenFolder => {
                project.create(self.file(), "hello from beta");
                let script = BUILD_SCRIPT.replace("FOLDER", ".texts");
                let script = script.replace("println!(\"cargo::rerun-if-changed=.texts\");", "");
                project.create("beta/build.rs", &script);
                let greeting = "const GREETING: &str = env!(\"GREETING\");";
                project.replace("beta/src/main.rs", GREETING, greeting);
            }
            Place::LinkedFolder => {
                Place::FolderOutsideOfPackage.prepare(project);
                let script =
                    BUILD_SCRIPT.replace("read_dir(\"FOLDER\")", "read_dir(\"texts/linked\")");
                project.create("beta/build.rs", &script.replace("FOLDER", "texts"));
                project.create("beta/texts/README", "");
                symlink("../../shared/texts", project.path("beta/texts/linked")).unwrap();
            }
            Place::VendoredPackage => {
                project.create("vendor/words/Cargo.toml", &manifest("words", ""));
                project.create("vendor/words/src/lib.rs", &format!("pub {GREETING}\n"));
                project.create("vendor/words/.cargo-checksum.json", "{\"files\":{}}");
                project.create(".cargo/config.toml", VENDORED);
                let dependency = "[dependencies]\nwords = \"0.0.0\"\n";
                project.replace("beta/Cargo.toml", "[dependencies]\n", dependency);
                project.replace("beta/src/main.rs", GREETING, "use words::GREETING;");
            }
            Place::IncludedFile => {
                project.create(self.file(), "hello from beta");
                let greeting = "const GREETING: &str = include_str!(\"../../shared/greeting\");";
                project.replace("beta/src/main.rs", GREETING, greeting);
            }
            Place::EmbeddedFolder => {
                project.create(self.file(), "hello from beta");
                project
                    .create("embed/Cargo.toml", &manifest("embed", "[lib]\nproc-macro = true\n"));
                project.create("embed/src/lib.rs", EMBED);
                project.replace("Cargo.toml", "\"beta\"", "\"beta\", \"embed\"");
                let dependency = "[dependencies]\nembed = { path = \"../embed\" }\n";
                project.replace("beta/Cargo.toml", "[dependencies]\n", dependency);
                let greeting = "const GREETING: &str = embed::embed!(\"texts\");";
                project.replace("beta/src/main.rs", GREETING, greeting);
            }
        }
        project.update_lock_file();
    }

    pub(super) fn file(self) -> &'static str {
        match self {
            Place::Service => "beta/src/main.rs",
            Place::PathPackageOutside => "../words/src/lib.rs",
            Place::FolderOfBuildScript | Place::EmbeddedFolder => "beta/texts/greeting",
            Place::FolderOutsideOfPackage | Place::LinkedFolder => "shared/texts/greeting",
            Place::HiddenFolder => "beta/.texts/greeting",
            Place::VendoredPackage => "vendor/words/src/lib.rs",
            Place::IncludedFile => "shared/greeting",
        }
    }
}
