use insta::assert_snapshot;

use super::*;
use crate::program::interpreter;

fn refused(folder: &Folder, contents: impl AsRef<[u8]>) -> String {
    let path = folder.write("program", contents);
    let error = shown(&interpreter(&path).unwrap_err());
    error.replace(path.parent().unwrap().as_str(), "")
}

#[test]
fn a_static_program_has_no_loader() {
    let folder = Folder::new();
    let path = folder.write("program", static_program(b""));
    assert_eq!(interpreter(&path).unwrap(), None);
}

#[test]
fn a_dynamic_program_names_its_loader() {
    let loader = interpreter(&dynamic_program()).unwrap().unwrap();
    assert!(loader.is_absolute() && loader.exists());

    let folder = Folder::new();
    let path = folder.write("program", program_with_loader("/some/where/ld.so"));
    assert_eq!(interpreter(&path).unwrap().unwrap(), "/some/where/ld.so");
}

#[test]
fn what_is_no_whole_program_for_this_machine_is_refused() {
    let folder = Folder::new();
    assert_snapshot!(refused(&folder, "#!/bin/sh\n".repeat(8)), @r"
    `/program` is not a whole ELF program: Invalid Magic Bytes: [23, 21, 2F, 62]
    hint: build it with cargo on this machine, for its own target
    ");
    assert_snapshot!(refused(&folder, ""), @r"
    `/program` is not a whole ELF program: Bad offset: 0x10
    hint: build it with cargo on this machine, for its own target
    ");

    let dynamic = std::fs::read(dynamic_program()).unwrap();
    let half = refused(&folder, &dynamic[..dynamic.len() / 2]);
    assert!(half.starts_with("`/program` is not a whole ELF program: "), "{half}");

    assert_snapshot!(refused(&folder, program_with_loader("ld.so")), @r"
    `/program` names its loader by something else than an absolute path
    hint: build it with cargo on this machine, for its own target
    ");

    let mut foreign = static_program(b"");
    // The SPARC of 1987, on which Rust never ran.
    foreign[18..20].copy_from_slice(&2_u16.to_ne_bytes());
    let text = refused(&folder, foreign).replace(std::env::consts::ARCH, "<arch>");
    assert_snapshot!(text, @r"
    `/program` is for SPARC, and this machine is <arch>
    hint: build it with cargo on this machine, for its own target
    ");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    assert_snapshot!(interpreter("/nowhere/program".into()).unwrap_err(), @"cannot open `/nowhere/program`");
}
