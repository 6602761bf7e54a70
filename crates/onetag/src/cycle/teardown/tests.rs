use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use std::time::Duration;

use camino::Utf8PathBuf;
use signal_hook::consts::SIGTERM;

use super::*;
use crate::backend::BackendResource;
use crate::run::ledger::VERSION;
use crate::run::{Layout, Origin, make_folder};
use crate::system;
use crate::system::wait::{self, Poll};

/// The folder of a run, as a harness that was killed leaves it.
fn dead_run() -> (tempfile::TempDir, RunFolder) {
    let temp = tempfile::tempdir().unwrap();
    let target = Utf8PathBuf::from_path_buf(temp.path().to_owned()).unwrap();
    // Of its own: other tests look for processes by theirs at the same time.
    let run_id = uuid::Uuid::now_v7().simple().to_string();
    let run_id = crate::run::RunId::parse(&run_id).unwrap();
    let folder = Layout::below(&target).run(run_id);
    make_folder(&folder.path().join("logs")).unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    let run = Entry::Run {
        version: VERSION,
        origin: Origin::of(folder.path()).unwrap(),
        run_id,
        consumer: "alpha".to_owned(),
        backend: "process".to_owned(),
        workspace: target,
    };
    ledger.write(&run).unwrap();
    ledger.own(Resource::Folder { path: folder.path().to_owned() }).unwrap();
    (temp, folder)
}

/// A service that runs, as the backend writes it down.
fn of_service(id: &system::ProcessId) -> Resource {
    let id = serde_json::to_value(id).unwrap();
    Resource::Backend(BackendResource::new("process", "alpha", id))
}

/// As after two signals.
fn hurried() -> Interrupt {
    let interrupt = Interrupt::default();
    interrupt.raise(SIGTERM);
    interrupt.raise(SIGTERM);
    interrupt
}

fn sleeper(folder: &RunFolder) -> std::process::Child {
    let child = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
    let id = system::ProcessId::of(child.id()).unwrap();
    let resource = of_service(&id);
    Ledger::open(folder.path()).unwrap().own(resource).unwrap();
    child
}

#[test]
fn processes_of_the_ledger_are_ended_and_files_removed() {
    let (_temp, folder) = dead_run();
    let mut child = sleeper(&folder);
    let reaper = std::thread::spawn(move || child.wait().unwrap());
    make_folder(&folder.volume("alpha")).unwrap();
    fs::write(folder.environment(), "").unwrap();
    fs::write(folder.report(), "{}").unwrap();

    assert_eq!(teardown(&folder, &Interrupt::default()).unwrap(), []);
    assert!(!reaper.join().unwrap().success());
    assert!(!folder.environment().exists());
    assert!(!folder.path().join("volumes").exists());
    assert!(folder.report().exists());
}

#[test]
fn a_process_that_took_the_number_of_another_is_left_alone() {
    let (_temp, folder) = dead_run();
    let mut child = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
    let mut id = system::ProcessId::of(child.id()).unwrap();
    id.start_time = "1".to_owned();
    let resource = of_service(&id);
    Ledger::open(folder.path()).unwrap().own(resource).unwrap();
    assert_eq!(teardown(&folder, &hurried()).unwrap(), []);
    assert_eq!(child.try_wait().unwrap(), None);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_only_carries_the_run_id_is_reported_and_not_killed() {
    let (_temp, folder) = dead_run();
    let mut child = Command::new("sleep")
        .arg("600")
        .env(onetag_env::keys::OWNER, folder.run_id().to_string())
        .spawn()
        .unwrap();
    let expected = Leftover { kind: "process", name: format!("{} (sleep 600)", child.id()) };
    // The new process may not have become `sleep` yet.
    let found = wait::until("finding it", Duration::from_secs(10), &Interrupt::default(), || {
        let found = teardown(&folder, &hurried())?;
        Ok(if found == [expected.clone()] {
            Poll::Ready(())
        } else {
            Poll::Pending(format!("{found:?}"))
        })
    });
    let alive = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    found.unwrap();
    assert!(alive);
}

/// A child of a service that has ended, in its session; with or without the run id.
fn child_of_an_ended_service(folder: &RunFolder, owner: &str) -> u32 {
    let mut service = Command::new("setsid");
    service.args(["sh", "-c", "sleep 600 & echo $!; read end"]);
    service.env(onetag_env::keys::OWNER, owner);
    service.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut service = service.spawn().unwrap();
    let mut child = String::new();
    let stdout = service.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut child).unwrap();
    let id = system::ProcessId::of(service.id()).unwrap();
    let resource = of_service(&id);
    Ledger::open(folder.path()).unwrap().own(resource).unwrap();
    drop(service.stdin.take());
    service.wait().unwrap();
    child.trim().parse().unwrap()
}

#[test]
fn a_session_whose_leader_ended_is_killed_if_it_carries_the_run_id() {
    let (_temp, folder) = dead_run();
    let child = child_of_an_ended_service(&folder, &folder.run_id().to_string());
    assert_eq!(teardown(&folder, &hurried()).unwrap(), []);
    assert_eq!(system::start_time(child), None);
}

#[test]
fn a_session_whose_leader_ended_is_reported_if_nothing_proves_that_it_is_the_runs() {
    let (_temp, folder) = dead_run();
    let child = child_of_an_ended_service(&folder, "another");
    let expected = Leftover { kind: "process", name: format!("{child} (alpha)") };
    let found = teardown(&folder, &hurried());
    let lives = system::start_time(child).is_some();
    system::signal_process(child, signal_hook::consts::SIGKILL).unwrap();
    assert_eq!(found.unwrap(), [expected]);
    assert!(lives);
}

#[test]
fn a_damaged_ledger_is_told_and_the_rest_of_it_is_torn_down() {
    let (_temp, folder) = dead_run();
    let path = folder.path().join(Ledger::FILE);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"{ this is no entry\n");
    fs::write(&path, bytes).unwrap();
    let mut child = sleeper(&folder);
    let reaper = std::thread::spawn(move || child.wait().unwrap());
    let left = teardown(&folder, &hurried()).unwrap();
    reaper.join().unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].kind, "ledger");
    assert!(left[0].name.contains("ledger.jsonl line 3"), "{}", left[0].name);
}

#[test]
fn a_file_that_cannot_be_removed_is_told_and_the_rest_is_removed() {
    let (_temp, folder) = dead_run();
    let ledger = Ledger::open(folder.path()).unwrap();
    let other = folder.path().join("other");
    fs::write(&other, "").unwrap();
    // What is made last is removed first; nobody can remove this one.
    for path in [other.clone(), Utf8PathBuf::from("/proc/version")] {
        ledger.own(Resource::File { path }).unwrap();
    }
    let left = teardown(&folder, &hurried()).unwrap();
    assert_eq!(left, [Leftover { kind: "file", name: "/proc/version".to_owned() }]);
    assert!(!other.exists());
}

#[test]
fn a_stranger_on_a_port_of_the_run_is_none_of_it() {
    let (_temp, folder) = dead_run();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let lease = BackendResource::new("port", "alpha", port.into());
    Ledger::open(folder.path()).unwrap().owns(&lease).unwrap();
    assert_eq!(teardown(&folder, &hurried()).unwrap(), []);

    // The socket becomes the standard input of a process of the run.
    let mut own = Command::new("sleep")
        .arg("600")
        .env(onetag_env::keys::OWNER, folder.run_id().to_string())
        .stdin(std::process::Stdio::from(std::os::fd::OwnedFd::from(listener)))
        .spawn()
        .unwrap();
    let socket = Leftover { kind: "socket", name: format!("127.0.0.1:{port}") };
    let found =
        wait::until("telling them apart", Duration::from_secs(10), &Interrupt::default(), || {
            let found = teardown(&folder, &hurried())?;
            Ok(match found.contains(&socket) {
                true => Poll::Ready(()),
                false => Poll::Pending(format!("{found:?}")),
            })
        });
    own.kill().unwrap();
    own.wait().unwrap();
    found.unwrap();
}
