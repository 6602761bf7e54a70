//! Bringing back what was taken away.

use crate::{Control, Error, Target};

/// Something that is away for as long as this lives.
///
/// Dropping it brings back what was taken and waits until it is ready, also by a
/// panic; [`OutageGuard::restore`] does the same with an error to look at.
#[derive(Debug)]
#[must_use = "it comes back at once when this is dropped"]
pub struct OutageGuard<'a> {
    control: &'a Control,
    target: Target,
    /// What brings it back; none once it is.
    restore: Option<Restore>,
}

type Restore = fn(&Control, &Target) -> Result<(), Error>;

impl<'a> OutageGuard<'a> {
    pub(crate) fn new(control: &'a Control, target: &Target, restore: Restore) -> OutageGuard<'a> {
        OutageGuard { control, target: target.clone(), restore: Some(restore) }
    }

    /// Brings it back, and returns once it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn restore(mut self) -> Result<(), Error> {
        self.bring_back()
    }

    /// The test has brought it back itself.
    pub fn is_back(mut self) {
        self.restore = None;
    }

    fn bring_back(&mut self) -> Result<(), Error> {
        self.restore.take().map_or(Ok(()), |restore| restore(self.control, &self.target))
    }
}

impl Drop for OutageGuard<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.bring_back() {
            // A second panic would abort the process and hide the first.
            if std::thread::panicking() {
                eprintln!("{error}");
            } else {
                panic!("{error}");
            }
        }
    }
}
