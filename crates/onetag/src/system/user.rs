//! The user for programs that refuse to be root's.

use std::fs;

use anyhow::Context as _;
use rustix::process::{Gid, Uid, getuid};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};
use serde::{Deserialize, Serialize};

/// Where users are looked up: those of a directory service are not seen.
const USERS: &str = "/etc/passwd";

/// Who is tried, in this order.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// A user of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl User {
    /// Who runs what root must not run: none where the caller is not root, and so runs it
    /// itself.
    ///
    /// # Errors
    ///
    /// The caller is root, and there is no other user.
    pub(crate) fn unprivileged() -> anyhow::Result<Option<User>> {
        if !getuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string(USERS).with_context(|| format!("cannot read {USERS}"))?;
        let found = NAMES.iter().find_map(|name| find(&users, name));
        found.map(Some).with_context(|| format!("{USERS} has none of {}", NAMES.join(", ")))
    }

    /// Makes this process this user's, for good. It must have one thread.
    pub(super) fn assume(self) -> std::io::Result<()> {
        let group = Gid::from_raw(self.gid);
        set_thread_groups(&[group])?;
        set_thread_gid(group)?;
        set_thread_uid(Uid::from_raw(self.uid))?;
        Ok(())
    }
}

/// The user of this name; root under another name is none.
fn find(users: &str, name: &str) -> Option<User> {
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let fields = fields.into_iter().find(|fields| fields.first() == Some(&name))?;
    let number = |at: usize| fields.get(at)?.parse().ok();
    Some(User { uid: number(2)?, gid: number(3)? }).filter(|user| user.uid != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres:x:104:109::/x:/bin/sh\nbad:x:y\n";
        assert_eq!(find(users, "postgres"), Some(User { uid: 104, gid: 109 }));
        assert_eq!(["root", "bad", "post", "nobody"].map(|name| find(users, name)), [None; 4]);
    }
}
