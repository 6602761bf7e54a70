//! The headers of a program.

use std::fs::File;
use std::process::{Command, Output};

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};
use elf::ElfStream;
use elf::abi;
use elf::endian::AnyEndian;

use super::error::HintedError;

/// Runs the command that asks a program's own loader for its libraries, waits for
/// its end, and returns its output.
///
/// The command has no environment and must not get one. The function sets the
/// deadline.
pub type RunLoader<'a> = &'a dyn Fn(Command) -> anyhow::Result<Output>;

/// The hint for a file that is no program for this machine.
const BUILD_HERE: &str = "build it with cargo on this machine, for its own target";

/// The name of this machine's architecture in an image, which is Go's.
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        "loongarch64" => "loong64",
        same => same,
    }
}

/// The name of this machine's operating system in an image, which is Go's.
pub fn operating_system() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        same => same,
    }
}

/// The loader that a program asks for in its `PT_INTERP` header; none for a
/// static program.
///
/// Only headers are read, not the whole file.
///
/// # Errors
///
/// When the file is not a whole ELF program for this machine's processor.
pub fn interpreter(binary: &Utf8Path) -> anyhow::Result<Option<Utf8PathBuf>> {
    let file = File::open(binary).with_context(|| format!("cannot open `{binary}`"))?;
    let mut elf = ElfStream::<AnyEndian, _>::open_stream(file).map_err(|error| {
        HintedError::new(format!("`{binary}` is not a whole ELF program: {error}"), BUILD_HERE)
    })?;

    let machine = elf.ehdr.e_machine;
    if host_machine().is_some_and(|host| host != machine) {
        let machine = elf::to_str::e_machine_to_human_str(machine).unwrap_or("another processor");
        let host = std::env::consts::ARCH;
        bail!(HintedError::new(
            format!("`{binary}` is for {machine}, and this machine is {host}"),
            BUILD_HERE
        ));
    }

    let interp = elf.segments().iter().find(|segment| segment.p_type == abi::PT_INTERP).copied();
    let Some(segment) = interp else {
        return Ok(None);
    };
    let path = elf.segment_data(&segment).ok().and_then(|bytes| {
        let path = std::str::from_utf8(bytes.strip_suffix(b"\0")?).ok()?;
        path.starts_with('/').then(|| Utf8PathBuf::from(path))
    });
    match path {
        Some(path) => Ok(Some(path)),
        None => bail!(HintedError::new(
            format!("`{binary}` names its loader by something else than an absolute path"),
            BUILD_HERE
        )),
    }
}

/// This machine's `e_machine`, for the architectures that are listed here.
fn host_machine() -> Option<u16> {
    Some(match std::env::consts::ARCH {
        "x86_64" => abi::EM_X86_64,
        "x86" => abi::EM_386,
        "aarch64" => abi::EM_AARCH64,
        "arm" => abi::EM_ARM,
        "riscv64" => abi::EM_RISCV,
        "s390x" => abi::EM_S390,
        "powerpc64" => abi::EM_PPC64,
        _ => return None,
    })
}
