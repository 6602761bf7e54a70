//! Lines of the terminal that change while something is under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::streams::write_stderr;

/// How often the lines change.
const TICK: Duration = Duration::from_millis(100);

/// What turns, a frame for each tick; the last one is never shown.
const FRAMES: &str = "⠁⠂⠄⡀⢀⠠⠐⠈ ";

/// The terminal and its changing lines, which stand below all others.
#[derive(Debug)]
pub(super) struct Live {
    bars: MultiProgress,
    /// Locked for everything that draws, so that nothing does while another
    /// program writes. Each line also turns by itself, but only between
    /// [`State::resume`] and [`State::pause`].
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The lines that are shown.
    shown: Vec<ProgressBar>,
    /// While another program writes: what is to be printed once it is done.
    held_back: Option<Vec<String>>,
}

impl Live {
    pub(super) fn stderr() -> Live {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Live { bars, state: Mutex::default() }
    }

    /// Prints above the changing lines.
    pub(super) fn print(&self, text: &str) {
        match &mut self.lock().held_back {
            Some(lines) => lines.push(text.to_owned()),
            None => self.bars.suspend(|| write_stderr(format!("{text}\n").as_bytes())),
        }
    }

    /// Clears the changing lines while `write` writes above them.
    pub(super) fn suspend(&self, write: impl FnOnce()) {
        let _state = self.lock();
        self.bars.suspend(write);
    }

    /// Clears the changing lines and keeps everything back until the result is
    /// dropped.
    pub(super) fn yield_terminal(&self) -> Yielded<'_> {
        let mut state = self.lock();
        state.shown.iter().for_each(ProgressBar::disable_steady_tick);
        let _ = self.bars.clear();
        self.bars.set_draw_target(ProgressDrawTarget::hidden());
        state.held_back = Some(Vec::new());
        Yielded(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The terminal belongs to another program.
#[derive(Debug)]
pub(super) struct Yielded<'a>(&'a Live);

impl Drop for Yielded<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        for line in state.held_back.take().unwrap_or_default() {
            write_stderr(format!("{line}\n").as_bytes());
        }
        self.0.bars.set_draw_target(ProgressDrawTarget::stderr());
        state.shown.iter().for_each(|bar| bar.enable_steady_tick(TICK));
    }
}

/// Something that is under way: a line of the terminal until this is dropped,
/// nothing where there is no terminal.
#[derive(Debug)]
pub(crate) struct Activity(Progress);

/// Tells what an activity is at, from any thread; to no avail once that is over.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Option<(Arc<Live>, ProgressBar)>);

impl Activity {
    pub(super) fn start(live: Option<Arc<Live>>, name: String) -> Activity {
        Activity(Progress(live.map(|live| {
            let mut state = live.lock();
            let bar = live.bars.add(ProgressBar::new_spinner().with_style(style()));
            bar.set_prefix(name);
            state.shown.push(bar.clone());
            if state.held_back.is_none() {
                bar.tick();
                bar.enable_steady_tick(TICK);
            }
            drop(state);
            (live, bar)
        })))
    }

    /// Shows what it is at now, for example what it waits for.
    pub(crate) fn update(&self, text: impl Into<String>) {
        self.0.update(text);
    }

    /// Shows the same from another thread.
    pub(super) fn progress(&self) -> Progress {
        self.0.clone()
    }
}

impl Progress {
    pub(super) fn update(&self, text: impl Into<String>) {
        if let Progress(Some((live, bar))) = self {
            let _state = live.lock();
            bar.set_message(text.into());
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        if let Activity(Progress(Some((live, bar)))) = self {
            let mut state = live.lock();
            bar.finish_and_clear();
            live.bars.remove(bar);
            state.shown.retain(|shown| !shown.is_finished());
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("  {spinner} {prefix}  {elapsed}  {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars(FRAMES)
}
