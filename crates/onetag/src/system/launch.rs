//! The gate: the moment between fork and exec of a service or a tool.
//!
//! A process must stand in the ledger before it runs, and its process id is
//! known only once it exists. So the keeper, or the harness, starts this program,
//! writes the process into the ledger, and only then lets it become what it is
//! to be. If whoever starts it dies first, nothing was started; if it dies later,
//! the kernel ends the process with it.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use signal_hook::consts::{SIGKILL, SIGTERM};

use crate::system::{User, lead_session, signal_with_parent};

/// What is written to standard input once the process stands in the ledger. Behind it comes
/// what the program reads there, if it reads something.
pub(crate) const GO: &[u8] = b"go";

/// The hidden verb.
pub(crate) const LAUNCH: &str = "launch";

/// What this process is to become. It leads a session, by which everything below it is
/// found, whatever groups that makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Launched {
    /// A service; it never outlives its keeper.
    Service,
    /// A command of the harness; it is asked to end when the harness is killed.
    Tool,
    /// The same, and it reads what the harness writes.
    FedTool,
}

impl Launched {
    fn name(self) -> &'static str {
        match self {
            Launched::Service => "service",
            Launched::Tool => "tool",
            Launched::FedTool => "fed-tool",
        }
    }
}

/// The arguments that make this program a gate of the calling process, and of another
/// `user`; the program to execute and its arguments follow.
pub(crate) fn gate(launched: Launched, user: Option<User>) -> [String; 3] {
    let mut what = launched.name().to_owned();
    if let Some(User { uid, gid }) = user {
        what.push_str(&format!(":{uid}:{gid}"));
    }
    [LAUNCH.to_owned(), what, std::process::id().to_string()]
}

/// What a gate is to become, and whose.
fn parse(what: &str) -> Option<(Launched, Option<User>)> {
    let (name, user) = what.split_once(':').map_or((what, None), |(name, user)| (name, Some(user)));
    let all = [Launched::Service, Launched::Tool, Launched::FedTool];
    let launched = all.into_iter().find(|launched| launched.name() == name)?;
    let user = user.map(|user| {
        let (uid, gid) = user.split_once(':')?;
        Some(User { uid: uid.parse().ok()?, gid: gid.parse().ok()? })
    });
    match user {
        None => Some((launched, None)),
        Some(user) => Some((launched, Some(user?))),
    }
}

/// Becomes what stands in the arguments behind the verb, see [`gate`], once the
/// parent says so on standard input.
///
/// They are read here and not by the grammar: what follows is another program's,
/// whatever bytes it consists of.
pub(crate) fn launch(arguments: impl IntoIterator<Item = OsString>) -> anyhow::Result<()> {
    let mut arguments = arguments.into_iter();
    let mut next = || arguments.next().context("only the harness itself calls this");
    let (launched, parent, program) = (next()?, next()?, next()?);
    let parent = parent.to_str().and_then(|it| it.parse().ok()).context("no parent is named")?;
    let (launched, user) =
        launched.to_str().and_then(parse).context("only a service or a tool is launched")?;
    let signal = match launched {
        Launched::Service => SIGKILL,
        Launched::Tool | Launched::FedTool => SIGTERM,
    };
    lead_session().context("cannot start a session")?;
    if let Some(user) = user {
        // Before the tie: the kernel forgets it when the user changes.
        user.assume().with_context(|| format!("cannot become the user {}", user.uid))?;
    }
    signal_with_parent(parent, signal).context("cannot be tied to the parent")?;
    let mut said = Vec::new();
    // Not a byte more: what follows is the program's.
    let stdin = std::io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let mut stdin = stdin.context("cannot hear the parent")?.take(GO.len() as u64);
    stdin.read_to_end(&mut said).context("cannot hear the parent")?;
    drop(stdin);
    let shown = program.to_string_lossy();
    ensure!(said == GO, "the parent ended before {shown} was started");
    if launched != Launched::FedTool {
        let null = File::open("/dev/null").context("cannot open /dev/null")?;
        rustix::stdio::dup2_stdin(&null).context("cannot replace standard input")?;
    }
    let error = Command::new(&program).args(arguments).stdin(Stdio::inherit()).exec();
    Err(error).with_context(|| format!("cannot execute {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_told_what_it_becomes_and_whose() {
        let user = User { uid: 104, gid: 109 };
        for launched in [Launched::Service, Launched::Tool, Launched::FedTool] {
            for user in [None, Some(user)] {
                assert_eq!(parse(&gate(launched, user)[1]), Some((launched, user)));
            }
        }
        for what in ["", "services", "tool:", "tool:1", "tool:a:b", "tool:1:2:3"] {
            assert_eq!(parse(what), None, "{what}");
        }
    }
}
