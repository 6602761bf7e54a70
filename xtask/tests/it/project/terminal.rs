//! A terminal for commands that look whether they have one.

use std::fs::File;
use std::num::NonZero;
use std::os::fd::AsFd as _;

use rustix::io::FdFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::Output;

/// Both ends: the one to read from, and the one that a command gets.
pub(super) fn terminal() -> (File, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    // Other tests start commands at the same time.
    rustix::io::fcntl_setfd(&master, FdFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let size = Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(master.as_fd(), size).unwrap();
    let command = File::options().read(true).write(true).open(name).unwrap();
    (File::from(master), command)
}

/// What the terminal showed at each moment, the oldest first.
pub(crate) fn screens(output: &Output) -> impl Iterator<Item = String> {
    // As wide as the one that the command had: nextest fills its lines up.
    let (rows, columns) = (NonZero::new(200).unwrap(), NonZero::new(120).unwrap());
    let mut terminal = vt100::Parser::new(rows, columns, 0);
    output.stderr.split_inclusive(['\r', '\n']).map(move |part| {
        terminal.process(part.as_bytes());
        terminal.screen().rows(0, columns.get()).collect::<Vec<_>>().join("\n")
    })
}
