//! The harness knows no service and no suite by name.

use camino::Utf8Path;

use crate::exit;
use crate::project::Project;

const NEW_NAMES: [(&str, &str); 4] =
    [("alpha", "shop-front"), ("beta", "stock"), ("ALPHA", "SHOP_FRONT"), ("BETA", "STOCK")];

#[test]
fn services_and_suites_can_have_any_name() {
    let project = Project::unbuilt();
    rename_all(&project.path(""));
    let output = project.xtask(["e2e", "shop-front"]).run();
    output.exits(exit::SUCCESS).says("localhost/stock:shop-front-");
    output.says("3 tests run: 3 passed").does_not_say("alpha").does_not_say("beta");
}

/// Renames whatever is named after a service, in names of files and in them.
fn rename_all(folder: &Utf8Path) {
    for entry in folder.read_dir_utf8().unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => rename_all(entry.path()),
            false => {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                std::fs::write(entry.path(), renamed(&text)).unwrap();
            }
        }
        let name = folder.join(renamed(entry.file_name()));
        std::fs::rename(entry.path(), name).unwrap();
    }
}

fn renamed(text: &str) -> String {
    NEW_NAMES.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
}
