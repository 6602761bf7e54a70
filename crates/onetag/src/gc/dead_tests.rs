use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::backend::BackendKind;
use crate::run::mint;

fn target() -> (tempfile::TempDir, Utf8PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let target = Utf8PathBuf::from_path_buf(temp.path().to_owned()).unwrap();
    (temp, target)
}

#[test]
fn runs_that_begin_and_end_meanwhile_are_not_taken_for_dead() {
    let (_temp, target) = target();
    let layout = Layout::below(&target);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let harness = scope.spawn(|| {
            for _ in 0..300 {
                let minted = mint(
                    &target,
                    &target,
                    "alpha",
                    BackendKind::Process,
                    None,
                    &Interrupt::default(),
                )?;
                archive(minted.folder())?;
            }
            anyhow::Ok(())
        });
        let lookers = [(); 2].map(|()| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let found = find(&layout)?;
                    anyhow::ensure!(found.iter().all(|run| run.state == RunState::Active));
                }
                anyhow::Ok(())
            })
        });
        let ended = harness.join().unwrap();
        over.store(true, Ordering::Relaxed);
        ended.unwrap();
        for looker in lookers {
            looker.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_run_that_somebody_else_ended_is_no_failure() {
    let (_temp, target) = target();
    let folder = Layout::below(&target)
        .run(crate::run::RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap());
    crate::run::make_folder(&folder.path().join("logs")).unwrap();
    let run = find(&Layout::below(&target)).unwrap().remove(0);
    assert_eq!(end(&run, &Interrupt::default()).unwrap(), Some(Vec::new()));
    assert_eq!(end(&run, &Interrupt::default()).unwrap(), None);
}
