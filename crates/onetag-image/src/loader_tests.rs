use super::*;
use crate::tests::shown;
use insta::{assert_debug_snapshot, assert_snapshot};

#[test]
fn the_listing_of_glibc() {
    let (libraries, missing) = parse(
        "\tlinux-vdso.so.1 (0x00007efe03819000)\n\
         \tlibf.so.1 => /opt/my libs (0x2)/libf.so.1 (0x00007efe037b4000)\n\
         \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007efe035d2000)\n\
         \tlibgone.so.1 => not found\n\
         \t/lib64/ld-linux-x86-64.so.2 (0x00007efe0381b000)\n",
    );
    let listing = libraries.iter().map(|library| (library.name.as_deref(), library.path.as_str()));
    assert_debug_snapshot!(Vec::from_iter(listing), @r#"
    [
        (
            Some(
                "libf.so.1",
            ),
            "/opt/my libs (0x2)/libf.so.1",
        ),
        (
            Some(
                "libc.so.6",
            ),
            "/lib/x86_64-linux-gnu/libc.so.6",
        ),
        (
            None,
            "/lib64/ld-linux-x86-64.so.2",
        ),
    ]
    "#);
    assert_eq!(missing, ["libgone.so.1"]);
}

#[test]
fn the_listing_of_musl() {
    let (libraries, missing) = parse(
        "\t/lib/ld-musl-x86_64.so.1 (0x7f1e7c5d6000)\n\
         \tlibc.so => /lib/ld-musl-x86_64.so.1 (0x7f1e7c5d6000)\n",
    );
    assert_eq!(libraries.len(), 2);
    assert_eq!(libraries[1].name.as_deref(), Some("libc.so"));
    assert_eq!(libraries[1].path, "/lib/ld-musl-x86_64.so.1");
    assert!(missing.is_empty());
}

#[test]
fn a_static_program_has_no_libraries() {
    assert_eq!(parse("\tstatically linked\n"), (vec![], vec![]));
}

#[test]
fn a_missing_loader_is_named() {
    let run: RunLoader<'_> = &|_| bail!("there is no such file");
    let error = list("/nowhere/ld.so".into(), "/bin/program".into(), run).unwrap_err();
    assert_snapshot!(shown(&error), @r"
    `/nowhere/ld.so`, the loader that `/bin/program` asks for, does not work: there is no such file
    hint: install it, or build `/bin/program` for this machine
    ");
}
