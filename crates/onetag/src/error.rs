//! Errors on which the exit code depends, and what to type to mend them.
//!
//! Errors are `anyhow`'s. Where the class of one is known it is attached with
//! [`Attach::kind`], and what mends it with [`Attach::hint`]. Both survive any
//! context that is put around them.

use std::fmt;

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
    /// Cargo could not build what the run needs.
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
        let kind = |cause: &(dyn std::error::Error + 'static)| {
            let interrupted = cause.downcast_ref::<Interrupted>();
            let attached = cause.downcast_ref::<Failure>().and_then(|failure| failure.kind);
            attached.or(interrupted.map(|interrupted| Kind::Interrupted(interrupted.signal)))
        };
        error.chain().find_map(kind).unwrap_or(Kind::Other)
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

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
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

fn attach(error: anyhow::Error, change: impl FnOnce(&mut Failure)) -> anyhow::Error {
    let mut failure = match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) => Failure { error, kind: None, hints: Vec::new() },
    };
    change(&mut failure);
    anyhow::Error::new(failure)
}

/// An error as text: what failed, the causes below it, and the hints last.
///
/// A cause that the line above it already tells is left out.
pub(crate) fn describe(error: &anyhow::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut hints: Vec<String> = Vec::new();
    let mut add_hint = |hint: String| {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    };
    for cause in error.chain() {
        let text = cause.to_string();
        let mut said = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("hint: ") {
                Some(hint) => add_hint(hint.to_owned()),
                None => said.push(line),
            }
        }
        for hint in cause.downcast_ref::<Failure>().iter().flat_map(|failure| &failure.hints) {
            add_hint(hint.clone());
        }
        let said = said.join("\n");
        if !said.is_empty() && !causes.last().is_some_and(|above| above.ends_with(&said)) {
            causes.push(said);
        }
    }
    let mut lines = Vec::new();
    for (depth, cause) in causes.iter().enumerate() {
        let lead = if depth == 0 { "" } else { "  because: " };
        lines.push(format!("{lead}{cause}"));
    }
    lines.extend(hints.iter().map(|hint| format!("hint: {hint}")));
    lines.join("\n")
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
