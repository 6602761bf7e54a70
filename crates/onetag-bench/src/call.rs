//! A program that is called again and again.

use std::process::Command;

use xshell::{Cmd, Shell, cmd};

/// A program, with the arguments and variables that it gets each time.
#[derive(Clone, Debug)]
pub struct Call {
    program: String,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
}

impl From<&Command> for Call {
    fn from(command: &Command) -> Call {
        let text = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
        let variables = command.get_envs();
        Call {
            program: text(command.get_program()),
            arguments: command.get_args().map(text).collect(),
            variables: variables
                .filter_map(|(key, value)| Some((text(key), text(value?))))
                .collect(),
        }
    }
}

impl Call {
    /// It with further arguments.
    pub(crate) fn with<'s>(&self, shell: &'s Shell, further: &[&str]) -> Cmd<'s> {
        let Call { program, arguments, variables } = self;
        cmd!(shell, "{program} {arguments...} {further...}").envs(variables.iter().cloned())
    }

    /// A function of the shell that calls it with its arguments.
    pub(crate) fn function(&self, name: &str) -> String {
        let variables =
            self.variables.iter().map(|(key, value)| format!("{key}={}", quoted(value)));
        let words = [&self.program].into_iter().chain(&self.arguments).map(|word| quoted(word));
        let words: Vec<_> = variables.chain(words).collect();
        format!("{name}() {{ {} \"$@\"; }}\n", words.join(" "))
    }
}

/// A word of a script.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_calls_it_with_all_that_it_gets() {
        let mut printf = Command::new("/usr/bin/env");
        printf.args(["sh", "-c", "printf '%s.' \"$WHAT\" \"$@\"", "it's"]).env("WHAT", "a 'b'");
        let call = Call::from(&printf);
        let script = format!("{} it 'c d'", call.function("it"));
        let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "a 'b'.c d.");
        let shell = Shell::new().unwrap();
        assert_eq!(call.with(&shell, &["c d"]).read().unwrap(), "a 'b'.c d.");
    }
}
