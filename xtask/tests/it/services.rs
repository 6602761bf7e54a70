//! Services as people write them: slow ones, loud ones, and those that do not end
//! when they are asked to.

mod background;
mod hidden;
mod output;
mod panic;
mod ready;
mod siblings;
mod stubborn;

use crate::project::Project;

impl Project {
    /// Makes `beta` answer a question for its readiness with these statements; they
    /// write to `stream`.
    fn beta_answers(&self, statements: &str) {
        let source = format!(
            "use std::io::{{BufRead, Write}};
fn main() {{
    let listener = std::net::TcpListener::bind(std::env::var(\"LISTEN_ADDR\").unwrap()).unwrap();
    for stream in listener.incoming().flatten() {{
        std::thread::spawn(move || answer(stream));
    }}
}}

fn answer(mut stream: std::net::TcpStream) {{
    let mut head = std::io::BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let asked = head.next().unwrap_or_default();
    head.take_while(|line| !line.is_empty()).for_each(drop);
    eprintln!(\"asked: {{asked}}\");
    let wait = |seconds| std::thread::sleep(std::time::Duration::from_secs_f64(seconds));
    let _ = &wait;
    {statements}
}}
"
        );
        self.write("beta/src/main.rs", &source);
    }

    /// Leaves the suite with nothing to ask of the services.
    fn has_no_questions(&self) {
        self.write("tests/suites/alpha.rs", "#[test]\nfn passes() {}\n");
        self.write(
            "alpha/src/main.rs",
            "fn main() { tiny::serve(\"alpha\", \"\", |_| Some(String::new())); }\n",
        );
    }
}
