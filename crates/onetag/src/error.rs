//! Errors on which the exit code depends, and what to type to mend them.
//!
//! Errors are `anyhow`'s. Where the class of one is known it is attached with
//! [`Attach::kind`], and what mends it with [`Attach::hint`]. Both survive any
//! context that is put around them.

use std::error::Error as StdError;
use std::fmt;

use onetag_image::HintedError;

use crate::exit::Exit;
use crate::system::signals::Interrupted;

/// The class of a failure: it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command line asks for something that is not there.
    Usage,
    /// A manifest or a configuration says something that is not allowed.
    Metadata,
    /// The suite selects no test.
    NoTests,
    /// Cargo or an engine could not build what the run needs.
    Build,
    /// The hook failed, or did not run for every test.
    Hook,
    /// A signal asked for the end.
    Interrupted(i32),
    /// Anything else.
    Other,
}

impl Kind {
    /// The class of an error: the outermost that was attached.
    pub(crate) fn of(error: &anyhow::Error) -> Kind {
        let kind = |(cause, failure): (&(dyn StdError + 'static), Option<&Failure>)| {
            let interrupted = cause.downcast_ref::<Interrupted>();
            let attached = failure.and_then(|failure| failure.kind);
            attached.or(interrupted.map(|interrupted| Kind::Interrupted(interrupted.signal)))
        };
        causes(error).find_map(kind).unwrap_or(Kind::Other)
    }

    /// How a command ends that fails so.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Kind::Usage => Exit::Usage,
            Kind::NoTests => Exit::NoTests,
            Kind::Build => Exit::Build,
            Kind::Hook => Exit::Hook,
            Kind::Interrupted(signal) => Exit::Signal(signal),
            Kind::Metadata | Kind::Other => Exit::Failure,
        }
    }
}

/// An error with what was attached to it. It displays as the error itself.
#[derive(Debug)]
struct Failure {
    error: anyhow::Error,
    kind: Option<Kind>,
    hints: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

/// Attaching to errors, and to results that may be errors.
pub(crate) trait Attach {
    /// What comes out.
    type Output;

    /// The error, if there is one, is of this class.
    fn kind(self, kind: Kind) -> Self::Output;

    /// What to type, or to change, to mend the error, if there is one.
    fn hint(self, hint: impl fmt::Display) -> Self::Output;
}

impl Attach for anyhow::Error {
    type Output = anyhow::Error;

    fn kind(self, kind: Kind) -> anyhow::Error {
        attach(self, |failure| failure.kind = Some(kind))
    }

    fn hint(self, hint: impl fmt::Display) -> anyhow::Error {
        attach(self, |failure| failure.hints.push(hint.to_string()))
    }
}

impl<T, E: Into<anyhow::Error>> Attach for Result<T, E> {
    type Output = anyhow::Result<T>;

    fn kind(self, kind: Kind) -> anyhow::Result<T> {
        self.map_err(|error| error.into().kind(kind))
    }

    fn hint(self, hint: impl fmt::Display) -> anyhow::Result<T> {
        self.map_err(|error| error.into().hint(hint))
    }
}

/// An error with what to type, or to change, to mend it: for backends that are not
/// part of this crate.
pub fn with_hint(error: anyhow::Error, hint: &str) -> anyhow::Error {
    error.hint(hint)
}

fn attach(error: anyhow::Error, change: impl FnOnce(&mut Failure)) -> anyhow::Error {
    // `downcast` also finds what is below a context, and would drop the context.
    let outermost: &(dyn StdError + 'static) = &*error;
    let attached = if outermost.is::<Failure>() { error.downcast() } else { Err(error) };
    let mut failure =
        attached.unwrap_or_else(|error| Failure { error, kind: None, hints: Vec::new() });
    change(&mut failure);
    anyhow::Error::new(failure)
}

/// The chain of an error, each with what was attached to it.
fn causes(
    error: &anyhow::Error,
) -> impl Iterator<Item = (&(dyn StdError + 'static), Option<&Failure>)> {
    error.chain().map(|cause| match cause.downcast_ref::<Failure>() {
        Some(failure) => (&*failure.error as &(dyn StdError + 'static), Some(failure)),
        None => (cause, None),
    })
}

/// The outermost cause of this type, whatever was attached to it.
pub(crate) fn find<T: StdError + 'static>(error: &anyhow::Error) -> Option<&T> {
    causes(error).find_map(|(cause, _)| cause.downcast_ref())
}

/// What to type, or to change, to mend an error: the hints of its causes, outermost
/// first and each of them once.
pub(crate) fn hints(error: &anyhow::Error) -> Vec<String> {
    let mut hints = Vec::new();
    for (cause, failure) in causes(error) {
        let image = cause.downcast_ref::<HintedError>().map(HintedError::hint);
        let environment =
            cause.downcast_ref::<onetag_env::Error>().and_then(onetag_env::Error::hint);
        let attached = failure.map_or(&[][..], |failure| &failure.hints);
        for hint in image.into_iter().chain(environment).chain(attached.iter().map(String::as_str))
        {
            if !hints.iter().any(|above| above == hint) {
                hints.push(hint.to_owned());
            }
        }
    }
    hints
}

/// An error as text: what failed, the causes below it, and the hints last.
///
/// A cause that the line above it already tells is left out.
pub(crate) fn describe(error: &anyhow::Error) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (cause, _) in causes(error) {
        let text = match cause.downcast_ref::<onetag_env::Error>() {
            Some(error) => error.message(),
            None => cause.to_string(),
        };
        let text = text.trim_end();
        match lines.last() {
            None => lines.push(text.to_owned()),
            Some(above) if above.ends_with(text) => {}
            Some(_) => lines.push(format!("  because: {text}")),
        }
    }
    lines.extend(hints(error).iter().map(|hint| format!("hint: {hint}")));
    lines.join("\n")
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
