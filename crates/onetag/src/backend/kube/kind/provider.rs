//! The program, and the engine whose containers nodes are.

use std::process::Command;

use anyhow::anyhow;
use camino::Utf8PathBuf;

use super::ANSWER;
use crate::error::Attach as _;
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};

/// The variable that tells kind whose containers its nodes are.
pub(super) const PROVIDER: &str = "KIND_EXPERIMENTAL_PROVIDER";

/// The program.
pub(crate) fn program() -> anyhow::Result<Utf8PathBuf> {
    find_program("kind")
        .ok_or_else(|| anyhow!("there is no `kind` on PATH"))
        .hint("https://kind.sigs.k8s.io/docs/user/quick-start tells how to install it")
}

/// Whose containers nodes are: the caller's choice, else the first engine that answers.
/// Pinned, because kind would choose anew at each call, and docker if it is only there.
pub(crate) fn provider() -> anyhow::Result<String> {
    if let Ok(provider) = std::env::var(PROVIDER)
        && !provider.is_empty()
    {
        return Ok(provider);
    }
    let mut engines = ["docker", "podman"].into_iter();
    engines
        .find(|engine| answers(engine))
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("kind needs `docker` or `podman`, and neither answers"))
        .hint("`cargo xtask doctor` tells what they lack")
}

fn answers(engine: &str) -> bool {
    let Some(engine) = find_program(engine) else { return false };
    let mut command = Command::new(engine);
    command.arg("info");
    let tool = Tool::new(command, ANSWER).output(Output::Capture, Output::Capture);
    tool.finish(&Interrupt::default()).is_ok_and(|finished| finished.status.success())
}
