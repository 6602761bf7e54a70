//! The data of a server that is a process of this machine: made, removed, looked for.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown,
};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::getuid;

use super::machine::Installation;
use crate::backend::{BackendResource, Leftover, Sweep, SweptObject, Verdict};
use crate::gc::size;
use crate::run::ledger::Ledger;
use crate::run::{RunFolder, RunId, make_folder, remove as remove_path, write_file};
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};
use crate::system::wait::{self, Poll};
use crate::system::{User, start_time, working_in};
use crate::workspace::{DATABASE_SERVER, SUPERUSER};

/// What the ledger calls the folder of a server.
pub(crate) const DATA: &str = "data";

/// How long `initdb` may take.
const INITDB: Duration = Duration::from_secs(120);

/// How long processes of a server that was killed may take to notice.
const END: Duration = Duration::from_secs(10);

/// The beginning of the name of a folder outside of the target folder.
const PREFIX: &str = "onetag-";

/// Where such a folder may be, besides what the caller says.
const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

/// The file in it that names the harness's folder that it is of.
const OF: &str = "of";

/// Makes the folder and the data of the run's server.
pub(super) fn make(
    folder: &RunFolder,
    ledger: &Ledger,
    password: &str,
) -> anyhow::Result<Utf8PathBuf> {
    let installation = Installation::find()?;
    let user = User::unprivileged()?;
    let server = place(folder, user)?;
    let path = serde_json::to_value(&server)?;
    ledger.owns(&BackendResource::new(DATA, DATABASE_SERVER, path))?;
    if user.is_none() {
        // Half of it may be left.
        remove_path(&server)?;
        make_folder(&server)?;
    } else {
        make_shared(&server, folder)?;
    }
    let data = server.join("data");
    DirBuilder::new().mode(0o700).create(&data).with_context(|| format!("cannot make {data}"))?;
    let secret = server.join("password");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&secret)?;
    writeln!(file, "{password}").with_context(|| format!("cannot write {secret}"))?;
    if let Some(User { uid, gid }) = user {
        for path in [&data, &secret] {
            chown(path, Some(uid), Some(gid)).with_context(|| format!("cannot share {path}"))?;
        }
    }
    let mut command = Command::new(installation.program("initdb"));
    command
        .args(["-D", data.as_str(), "-U", SUPERUSER, "--pwfile", secret.as_str()])
        .args(["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"])
        .env("LC_ALL", "C")
        .current_dir(&server);
    let tool = Tool::new(command, INITDB).output(Output::Capture, Output::Capture);
    let made = tool.run_by(user).recorded([ledger]).finish(&Interrupt::default());
    let made = made.and_then(|finished| finished.success());
    let removed = remove_path(&secret);
    made.context("cannot make the data of the database server")?;
    removed.map(|()| server)
}

/// Where it lies: in the folder of the run, or, for another user, where that can go.
fn place(folder: &RunFolder, user: Option<User>) -> anyhow::Result<Utf8PathBuf> {
    if user.is_none() {
        return Ok(folder.database_folder(DATABASE_SERVER));
    }
    let found = temporary().into_iter().find(|path| is_open_to_all(path));
    let found = found.context("no temporary folder that every user can go to")?;
    Ok(found.join(name(folder.run_id())))
}

fn name(run_id: RunId) -> String {
    format!("{PREFIX}{run_id}-{DATABASE_SERVER}")
}

/// Folders in which one may be made.
fn temporary() -> Vec<Utf8PathBuf> {
    let own = Utf8PathBuf::try_from(std::env::temp_dir()).ok();
    let mut all: Vec<_> = own.into_iter().chain(TEMPORARY.map(Utf8PathBuf::from)).collect();
    let mut seen = BTreeSet::new();
    all.retain(|path| path.is_absolute() && seen.insert(path.clone()));
    all
}

/// Whether every user can go to a folder.
fn is_open_to_all(path: &Utf8Path) -> bool {
    let is_open = |folder: &Utf8Path| {
        folder.metadata().is_ok_and(|it| it.is_dir() && it.permissions().mode() & 0o001 != 0)
    };
    path.canonicalize_utf8().is_ok_and(|path| path.ancestors().all(is_open))
}

/// A folder of the caller's that others can go through.
fn make_shared(server: &Utf8Path, folder: &RunFolder) -> anyhow::Result<()> {
    if server.symlink_metadata().is_ok() {
        // What an earlier try left, by its name; nobody else can know that.
        remove_path(server)?;
    }
    let made = DirBuilder::new().mode(0o700).create(server);
    made.with_context(|| format!("cannot make {server}"))?;
    write_file(&server.join(OF), folder.layout().base().as_str().as_bytes())?;
    std::fs::set_permissions(server, Permissions::from_mode(0o711))
        .with_context(|| format!("cannot share {server}"))
}

/// Removes the folder of a server that has ended.
///
/// Its processes end by themselves when the first of them was killed, and only then is
/// nothing written there any more.
pub(crate) fn remove(folder: &RunFolder, resource: &BackendResource) -> anyhow::Result<bool> {
    let server: Utf8PathBuf = serde_json::from_value(resource.id.clone())?;
    let is_own = server == folder.database_folder(DATABASE_SERVER)
        || server.file_name() == Some(&name(folder.run_id()));
    ensure!(is_own, "{server} is not the folder of this run's database server");
    remove_data(&server).map(|()| true)
}

fn remove_data(server: &Utf8Path) -> anyhow::Result<()> {
    let data = server.join("data");
    wait_until_unused(&data)?;
    remove_shared_memory(&data);
    remove_path(server)
}

fn wait_until_unused(data: &Utf8Path) -> anyhow::Result<()> {
    let what = format!("the end of what works in {data}");
    wait::until(&what, END, &Interrupt::default(), || {
        let working = working_in(data).context("cannot look for processes")?;
        Ok(match working.first() {
            Some(pid) => Poll::Pending(format!("process {pid}")),
            None => Poll::Ready(()),
        })
    })
}

/// Lets the next server start on data whose server was killed with its keeper.
///
/// Nobody may have waited for that one yet, and in a container nobody may ever do: then
/// its number is in use, and PostgreSQL takes it for running.
pub(super) fn release(server: &Utf8Path) -> anyhow::Result<()> {
    let data = server.join("data");
    let lock = data.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&lock) else { return Ok(()) };
    let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
    if pid.is_none_or(|pid: u32| start_time(pid).is_some()) {
        return Ok(());
    }
    wait_until_unused(&data)?;
    remove_shared_memory(&data);
    remove_path(&lock)
}

/// Removes the few bytes of shared memory that a server leaves when it is killed, by
/// which its data are guarded (`postmaster.pid`, line 7: key and id).
fn remove_shared_memory(data: &Utf8Path) {
    let Ok(text) = std::fs::read_to_string(data.join("postmaster.pid")) else { return };
    let Ok(segments) = std::fs::read_to_string("/proc/sysvipc/shm") else { return };
    let owner = data.metadata().map(|data| data.uid().to_string()).unwrap_or_default();
    let Some(id) = abandoned_segment(&text, &segments, &owner) else { return };
    let mut command = Command::new("ipcrm");
    command.args(["--shmem-id", id]);
    // What stays is some bytes until the next boot.
    let _ = Tool::new(command, END)
        .output(Output::Capture, Output::Capture)
        .finish(&Interrupt::default());
}

/// The id of the segment that a server left, if the system still has that very one and
/// nobody uses it (columns of `/proc/sysvipc/shm`, proc(5)).
fn abandoned_segment<'a>(pid_file: &'a str, segments: &str, owner: &str) -> Option<&'a str> {
    let (key, id) = pid_file.lines().nth(6)?.trim().split_once(char::is_whitespace)?;
    let id = id.trim();
    let mut rows = segments.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let is_it = |row: &Vec<&str>| {
        row.len() > 7 && row[..2] == [key, id] && row[6] == "0" && row[7] == owner
    };
    rows.any(|row| is_it(&row)).then_some(id)
}

/// The folder of a run's server, wherever it may be.
pub(crate) fn leftovers(run_id: RunId) -> Vec<Leftover> {
    let found = temporary().into_iter().map(|path| path.join(name(run_id)));
    let found = found.filter(|path| path.symlink_metadata().is_ok());
    found.map(|path| Leftover { kind: "folder", name: path.into_string() }).collect()
}

/// Removes folders of servers whose run is no more, and that are of this target folder.
pub(crate) fn sweep(sweep: &Sweep) -> anyhow::Result<Vec<SweptObject>> {
    let mut swept = Vec::new();
    for base in temporary() {
        for entry in base.read_dir_utf8().into_iter().flatten().flatten() {
            let path = entry.into_path();
            let Some(run) = path.file_name().and_then(run_of) else { continue };
            if sweep.runs.contains(&run) {
                continue;
            }
            let of = std::fs::read_to_string(path.join(OF)).unwrap_or_default();
            let bytes = size(&path);
            // Anybody may make a folder of this name there.
            let is_own = path.symlink_metadata().is_ok_and(|it| it.uid() == getuid().as_raw());
            let verdict = match (is_own && of == sweep.folder.as_str(), sweep.dry_run) {
                (false, _) => {
                    Verdict::Left(format!("of run {run}, which is not of this target folder"))
                }
                (true, true) => Verdict::Removed,
                (true, false) => match remove_data(&path) {
                    Ok(()) => Verdict::Removed,
                    Err(error) => Verdict::Failed(format!("{error:#}")),
                },
            };
            swept.push(SweptObject { kind: "folder", name: path.into_string(), bytes, verdict });
        }
    }
    Ok(swept)
}

/// The run whose server has a folder of this name.
fn run_of(name: &str) -> Option<RunId> {
    let run = name.strip_prefix(PREFIX)?.strip_suffix(DATABASE_SERVER)?.strip_suffix('-')?;
    RunId::parse(run).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_of_a_run_is_one() {
        let run = RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap();
        assert_eq!(run_of(&name(run)), Some(run));
        for other in ["onetag-", "onetag-database", "onetag-0193-database", "onetag-x", ""] {
            assert_eq!(run_of(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_lock_of_a_server_that_is_gone_is_released() {
        let temp = tempfile::tempdir().unwrap();
        let server = Utf8Path::from_path(temp.path()).unwrap();
        std::fs::create_dir(server.join("data")).unwrap();
        let lock = server.join("data/postmaster.pid");
        // It has ended, and nobody has waited for it.
        let mut ended = Command::new("true").spawn().unwrap();
        crate::system::wait_for_end(ended.id());
        for (pid, stays) in [(std::process::id(), true), (ended.id(), false)] {
            std::fs::write(&lock, format!("{pid}\n")).unwrap();
            release(server).unwrap();
            assert_eq!(lock.exists(), stays, "{pid}");
        }
        ended.wait().unwrap();
        release(server).unwrap();
    }

    #[test]
    fn shared_memory_that_is_anothers_stays() {
        let pid_file = "1\n/data\n2\n5432\n\n127.0.0.1\n  1234   7  \nready\n";
        let head = "key shmid perms size cpid lpid nattch uid gid\n";
        let row = |row: &str| abandoned_segment(pid_file, &format!("{head} {row}\n"), "104");
        assert_eq!(row("1234 7 600 56 9 9 0 104 109"), Some("7"));
        for other in [
            "1234 7 600 56 9 9 1 104 109",
            "1235 7 600 56 9 9 0 104 109",
            "1234 8 600 56 9 9 0 104 109",
            "1234 7 600 56 9 9 0 105 109",
            "",
        ] {
            assert_eq!(row(other), None, "{other}");
        }
        assert_eq!(abandoned_segment("1\n/data\n", head, "104"), None);
    }
}
