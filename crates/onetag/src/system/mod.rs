//! What the operating system is asked for beyond the standard library.
//!
//! Linux-only calls live in `linux` alone. Elsewhere `portable` answers the
//! same questions with weaker guarantees, through `ps`; it is compiled and
//! compared with the Linux answers in tests, but not tried on other systems.

mod disk;
#[cfg(target_os = "linux")]
mod linux;
mod pipe;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;
mod process;
mod program;
mod range;
mod socket;
mod user;

pub(crate) mod launch;
pub mod signals;
pub(crate) mod tail;
pub(crate) mod tool;
pub(crate) mod wait;

pub(crate) use disk::free_space;
#[cfg(target_os = "linux")]
pub(crate) use linux::{
    adopt_orphans, available_memory, boot_id, children, command, executable, handles, has_halted,
    is_hidden, is_ignored, is_owned_by, listeners, listening_addresses, listening_in,
    may_raise_limits, moves, name, own_executable, own_path, owned_by, parent, reap, session,
    session_members, signal_with_parent, start_time, variable, wait_for_end, working_in,
};
pub(crate) use pipe::{
    make_non_blocking, wait_until_closed, wait_until_readable, wait_until_writable,
};
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::{
    adopt_orphans, available_memory, boot_id, children, command, executable, handles, has_halted,
    is_hidden, is_ignored, is_owned_by, listeners, listening_addresses, listening_in,
    may_raise_limits, moves, name, own_executable, own_path, owned_by, parent, reap, session,
    session_members, signal_with_parent, start_time, variable, wait_for_end, working_in,
};
pub(crate) use process::{ProcessId, Remains, lead_session, remains, signal_group, signal_process};
pub(crate) use program::find_program;
pub(crate) use range::{RangeLock, try_lock_range};
pub(crate) use socket::{bind_lease, listening};
pub(crate) use user::User;
