//! What nextest wants to know of the toolchain.

use serde::{Deserialize, Serialize};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use xshell::cmd;

use crate::build::image::FileIdentity;
use crate::context::Context;
use crate::run::{Layout, make_folder, read_json, write_json};
use crate::system::tool::{Output, Tool};

/// The host platform and where its standard library lies.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Toolchain {
    pub(super) host: String,
    pub(super) library: Utf8PathBuf,
    /// The cargo that this toolchain belongs to, and which toolchain rustup
    /// would choose: with another one the answers are asked for again.
    cargo: Option<FileIdentity>,
    chosen: Option<String>,
}

/// Asks rustc, unless it was asked before.
pub(super) fn toolchain(context: &Context, layout: &Layout) -> anyhow::Result<Toolchain> {
    let cargo = FileIdentity::of_path(Utf8Path::new(&context.cargo)).ok();
    let chosen = std::env::var("RUSTUP_TOOLCHAIN").ok();
    let cache = layout.cache(&context.workspace.root);
    let path = cache.join("toolchain.json");
    if cargo.is_some()
        && let Ok(known) = read_json::<Toolchain>(&path)
        && known.cargo == cargo
        && known.chosen == chosen
    {
        return Ok(known);
    }
    let shell = context.shell()?;
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let command = cmd!(shell, "{rustc} --print host-tuple --print target-libdir");
    let finished = Tool::new(command, Duration::from_secs(60))
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt)?
        .success()?;
    let text = String::from_utf8(finished.stdout).context("rustc says something unexpected")?;
    let mut lines = text.lines();
    let mut next = || lines.next().ok_or_else(|| anyhow!("rustc does not tell its host: {text}"));
    let toolchain = Toolchain { host: next()?.to_owned(), library: next()?.into(), cargo, chosen };
    make_folder(&cache)?;
    write_json(&path, &toolchain)?;
    Ok(toolchain)
}
