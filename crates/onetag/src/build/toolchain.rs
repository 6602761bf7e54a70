//! What nextest wants to know of the toolchain.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use xshell::cmd;

use super::cargo::shell;
use super::configuration::Configuration;
use crate::build::image::FileIdentity;
use crate::context::Context;
use crate::run::{Layout, make_folder, read_json, write_json};
use crate::system::tool::{Output, Tool};

/// The host platform and where its standard library lies.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Toolchain {
    pub(super) host: String,
    pub(super) library: Utf8PathBuf,
    /// What it was asked of: with another compiler, cargo or toolchain of rustup the
    /// answers are asked for again.
    question: Question,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Question {
    rustc: String,
    cargo: Option<FileIdentity>,
    chosen: Option<String>,
}

/// Asks the compiler that cargo uses, unless it was asked before; none if there is
/// no compiler that answers.
pub(super) fn toolchain(context: &Context, layout: &Layout) -> anyhow::Result<Option<Toolchain>> {
    let question = Question {
        rustc: Configuration::read()?.rustc().unwrap_or_else(|| "rustc".to_owned()),
        cargo: FileIdentity::of_path(Utf8Path::new(&context.cargo)).ok(),
        chosen: std::env::var("RUSTUP_TOOLCHAIN").ok(),
    };
    let cache = layout.cache(&context.workspace.root);
    let path = cache.join("toolchain.json");
    if question.cargo.is_some()
        && let Ok(known) = read_json::<Toolchain>(&path)
        && known.question == question
    {
        return Ok(Some(known));
    }
    let shell = shell()?;
    let rustc = &question.rustc;
    let command = cmd!(shell, "{rustc} --print host-tuple --print target-libdir");
    let asked = Tool::new(command, Duration::from_secs(60))
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt);
    context.interrupt.check()?;
    // Cargo has built by now: nextest can do without.
    let Ok(finished) = asked.and_then(|finished| finished.success()) else { return Ok(None) };
    let text = String::from_utf8(finished.stdout).context("rustc says something unexpected")?;
    let mut lines = text.lines();
    let mut next = || lines.next().ok_or_else(|| anyhow!("rustc does not tell its host: {text}"));
    let toolchain = Toolchain { host: next()?.to_owned(), library: next()?.into(), question };
    make_folder(&cache)?;
    write_json(&path, &toolchain)?;
    Ok(Some(toolchain))
}
