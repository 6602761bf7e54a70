use insta::assert_snapshot;

use super::*;
use crate::closure::measure;
use crate::layer::Layer;

#[test]
fn a_static_program_needs_no_library() {
    let folder = Folder::new();
    let closure = closure(&folder.write("program", static_program(b""))).unwrap();
    assert!(closure.libraries().is_empty());

    let mut bytes = Vec::new();
    closure.layer().unwrap().write(&mut bytes).unwrap();
    let mut archive = tar::Archive::new(&bytes[..]);
    let entries = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        let (mode, path) = (entry.header().mode().unwrap(), entry.path().unwrap());
        format!("{mode:4o} {}\n", path.display())
    });
    // Not every machine has certificates.
    let listing = String::from_iter(entries.filter(|line| !line.contains(" etc/ssl/")));
    assert_snapshot!(listing, @r"
     755 etc/
     644 etc/group
     644 etc/nsswitch.conf
     644 etc/passwd
    1777 tmp/
    ");
}

#[test]
fn a_closure_is_measured_anew_when_a_file_changes() {
    let folder = Folder::new();
    let host = folder.write("library", "one");
    let mut layer = Layer::default();
    layer.add_host_file("/lib/library".into(), 0o755, &host).unwrap();
    let before = measure(&layer).unwrap();
    assert_eq!(measure(&layer).unwrap(), before);
    folder.write("library", "three");
    let after = measure(&layer).unwrap();
    assert_ne!(after, before);
    assert_eq!(after, layer.measure().unwrap());
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use crate::closure::Library;
    use std::os::unix::fs::symlink;

    /// Builds `lib<name>.so.1` and a program which needs it, both in `folder`,
    /// and returns the program.
    fn program_with_library(folder: &Folder, name: &str, link: &[&str]) -> Utf8PathBuf {
        let source = folder
            .write("lib.rs", "#[unsafe(no_mangle)] pub extern \"C\" fn answer() -> i32 { 42 }");
        let root = source.parent().unwrap();
        rustc(
            root,
            &[
                "lib.rs",
                "--crate-type=cdylib",
                &format!("-oreal-{name}.so"),
                &format!("-Clink-arg=-Wl,-soname,lib{name}.so.1"),
            ],
        );
        // Libraries usually are symbolic links to a file with a full version.
        for link in [format!("lib{name}.so"), format!("lib{name}.so.1")] {
            symlink(format!("real-{name}.so"), root.join(link)).unwrap();
        }
        folder.write(
            "main.rs",
            "unsafe extern \"C\" { fn answer() -> i32; } fn main() { std::process::exit(unsafe { answer() }) }",
        );
        let library = format!("-l{name}");
        rustc(root, &[&["main.rs", "-oprogram", "-L.", &library], link].concat());
        root.join("program")
    }

    fn rustc(folder: &Utf8Path, args: &[&str]) {
        let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
        let output = Command::new(rustc).current_dir(folder).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn the_loader_and_the_c_library_stay_where_they_are() {
        let binary = dynamic_program();
        let closure = closure(&binary).unwrap();
        let interpreter = crate::program::interpreter(&binary).unwrap().unwrap();
        let at = |path: &Utf8Path| closure.libraries().iter().find(|library| library.image == path);
        assert_eq!(at(&interpreter).unwrap().host, interpreter);
        let libc = |library: &&Library| library.image.file_name().unwrap().starts_with("libc.");
        if let Some(libc) = closure.libraries().iter().find(libc) {
            assert_eq!(libc.image, libc.host);
        }
        assert!(closure.libraries().is_sorted());
        assert!(!closure.environment().concat().contains("LD_LIBRARY_PATH"));
    }

    #[test]
    fn a_library_beside_the_program_is_put_where_the_image_looks() {
        let folder = Folder::new();
        let binary = program_with_library(&folder, "beside", &["-Clink-arg=-Wl,-rpath,$ORIGIN"]);
        let closure = closure(&binary).unwrap();
        let image = "/usr/local/lib/libbeside.so.1";
        let library = closure.libraries().iter().find(|library| library.image == image).unwrap();
        assert_eq!(library.host, binary.with_file_name("libbeside.so.1"));
        assert!(closure.environment().contains(&"LD_LIBRARY_PATH=/usr/local/lib".to_owned()));

        // The layer has what the symbolic link leads to, as a regular file.
        let mut bytes = Vec::new();
        closure.layer().unwrap().write(&mut bytes).unwrap();
        let mut archive = tar::Archive::new(&bytes[..]);
        let mut entries = archive.entries().unwrap().map(Result::unwrap);
        let entry = entries.find(|entry| *entry.path_bytes() == image.as_bytes()[1..]).unwrap();
        assert_eq!(entry.header().entry_type(), tar::EntryType::Regular);
        let real = std::fs::metadata(binary.with_file_name("real-beside.so")).unwrap();
        assert_eq!(entry.size(), real.len());
    }

    #[test]
    fn a_library_that_the_loader_does_not_find_is_named() {
        let folder = Folder::new();
        let binary = program_with_library(&folder, "astray", &[]);
        let error = shown(&closure(&binary).unwrap_err());
        assert_snapshot!(error.replace(binary.as_str(), "<program>"), @r"
        `<program>` needs a shared library that its loader does not find: libastray.so.1: cannot open shared object file: No such file or directory
        hint: install the package that has it, or link it statically; LD_LIBRARY_PATH is left out on purpose, because no image would have it
        ");
    }

    /// Runs itself again with a library path that helps the program, because
    /// a test cannot change its own environment.
    #[test]
    fn a_library_path_in_the_environment_does_not_count() {
        const PROGRAM: &str = "PROGRAM_THAT_NEEDS_A_LIBRARY_PATH";
        if let Ok(program) = std::env::var(PROGRAM) {
            assert_eq!(Command::new(&program).status().unwrap().code(), Some(42));
            closure(program.as_str().into()).unwrap_err();
            return;
        }
        let folder = Folder::new();
        let binary = program_with_library(&folder, "path", &[]);
        let (_, module) = module_path!().split_once("::").unwrap();
        let name = format!("{module}::a_library_path_in_the_environment_does_not_count");
        let output = Command::new(dynamic_program())
            .args([&name, "--exact", "--nocapture"])
            .env(PROGRAM, &binary)
            .env("LD_LIBRARY_PATH", binary.parent().unwrap())
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && stdout.contains(" 1 passed"), "{stdout}");
    }

    #[test]
    fn a_loader_that_is_not_there_is_named() {
        let folder = Folder::new();
        let binary = folder.write("program", program_with_loader("/nowhere/ld.so"));
        let error = shown(&closure(&binary).unwrap_err());
        assert_snapshot!(error.replace(binary.as_str(), "<program>"), @r"
        `/nowhere/ld.so`, the loader that `<program>` asks for, does not work: cannot run it: No such file or directory (os error 2)
        hint: install it, or build `<program>` for this machine
        ");
    }

    #[test]
    fn a_program_that_kills_its_loader_is_reported() {
        let folder = Folder::new();
        // The true loader, but nothing for it to load.
        let loader = crate::program::interpreter(&dynamic_program()).unwrap().unwrap();
        let binary = folder.write("program", program_with_loader(loader.as_str()));
        let error = shown(&closure(&binary).unwrap_err());
        assert!(error.contains(binary.as_str()) && error.contains("\nhint: "), "{error}");
    }
}
