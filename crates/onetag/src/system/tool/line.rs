//! A command as people read it.

use std::fmt;
use std::process::Command;

/// A command as one could paste it into a shell.
pub(super) struct Line<'a>(pub(super) &'a Command);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.0.get_program().to_string_lossy();
        f.write_str(program.rsplit('/').next().unwrap_or(&program))?;
        for argument in self.0.get_args() {
            let argument = argument.to_string_lossy();
            let plain = !argument.is_empty()
                && argument
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&b));
            match plain {
                true => write!(f, " {argument}")?,
                false => write!(f, " '{}'", argument.replace('\'', r"'\''"))?,
            }
        }
        Ok(())
    }
}

/// A command as one could paste it into a shell.
pub(crate) fn command_line(command: &Command) -> String {
    Line(command).to_string()
}
