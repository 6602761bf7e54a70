//! What services print is data: bounded wherever it is shown or kept.

use std::fs;

use crate::exit;
use crate::project::Project;

/// Prints a line of a gibibyte, and what a terminal would heed.
const LOUD: &str = "
    use std::io::Write as _;
    let mut out = std::io::stderr().lock();
    out.write_all(b\"the first words\\n\").unwrap();
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..1024 { out.write_all(&chunk).unwrap(); }
    out.write_all(b\"\\x1b[2J\\x1b]0;title\\x07 \\0 \\xc2\\x9b1m \\xff the last words\").unwrap();
    drop(out);";

/// What is shown and copied may have so many bytes.
const SHOWN: u64 = 100 * 1024;

#[test]
fn output_without_end_is_bounded_wherever_it_is_shown_or_kept() {
    let project = Project::new();
    project.beta_begins_with(&format!("{LOUD}\nstd::thread::park();"));
    let harness = project.xtask(["e2e", "alpha", "--ready-timeout", "20s"]).start();
    let keeper = project.wait_for_process("keeper");
    let log = project.runs()[0].path("logs/beta.log");
    crate::wait::until("all of it is printed", || {
        let end = tail(&log);
        match end.ends_with(b"the last words") {
            true => crate::wait::Look::Done(()),
            false => crate::wait::Look::NotYet(String::from_utf8_lossy(&end).into_owned()),
        }
    });
    let memory = peak_memory(keeper.pid);
    assert!(memory < 64 << 10, "the keeper took {memory} KiB");
    let output = harness.finish();
    output.exits(exit::FAILURE).says("the last words").says("\\x1b[2J").says("\\0");
    let raw = |c: char| c.is_control() && c != '\n';
    assert!(!output.stderr.contains(raw), "{}", output.stderr.escape_debug());
    assert!((output.stderr.len() as u64) < SHOWN, "{} bytes", output.stderr.len());

    let run = project.finished_run();
    for name in ["diagnostics/cause.txt", "diagnostics/logs.txt", "report.json"] {
        let text = run.read(name);
        assert!(text.contains("the last words"), "{name}");
        assert!((text.len() as u64) < SHOWN, "{name}: {} bytes", text.len());
        assert!(!text.contains(raw), "{name}");
    }
    let kept = fs::read(run.path("logs/beta.log")).unwrap();
    assert!(kept.len() <= 64 << 20, "{} bytes", kept.len());
    assert!(kept.starts_with(b"the first words\nxxx"));
    assert!(kept.ends_with(b"the last words"));
    let cut = String::from_utf8_lossy(&kept[1 << 20..(1 << 20) + 200]).into_owned();
    assert!(cut.contains(" bytes were cut here"), "{cut}");
}

/// A suite reads a log as soon as it has an answer of the service.
#[test]
fn a_log_has_all_that_was_printed_when_it_is_asked_for() {
    let project = Project::new();
    let says = "\"/say\" => { eprintln!(\"{}\", \"said \".repeat(4000)); Some(String::new()) }
        \"/starts\"";
    project.replace("beta/src/main.rs", "\"/starts\"", says);
    let run = project.up();
    let environment = run.environment();
    let control = onetag_control::Control::connect(&environment).unwrap();
    for times in 1..50 {
        run.get("beta", "/say");
        let log = control.logs("beta").unwrap();
        assert_eq!(log.matches("said ").count(), times * 4000);
    }
}

/// The last bytes of a file.
fn tail(path: &camino::Utf8Path) -> Vec<u8> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let read = || {
        let mut file = fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(64)))?;
        let mut end = Vec::new();
        file.read_to_end(&mut end).map(|_| end)
    };
    read().unwrap_or_default()
}

/// The most memory that a process has had, in KiB.
fn peak_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
