//! Images: `ctr` imports them into the node, `skopeo` pushes them to a registry.

use std::fs;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::Refused;
use super::store::{Store, read, write};

fn note(folder: &Utf8Path, name: &str) -> Utf8PathBuf {
    folder.join(format!("{}.json", name.replace('/', "+")))
}

/// The names of a folder.
pub(crate) fn names(folder: &Utf8Path) -> impl Iterator<Item = String> + use<> {
    let entries = folder.read_dir_utf8().unwrap().flatten();
    entries.map(|entry| entry.file_name().trim_end_matches(".json").replace('+', "/"))
}

/// Names an image of the node, which Kubernetes then also knows by its id.
fn name_on_node(images: &Utf8Path, name: &str, image: &Value) {
    for name in [name, image["config"].as_str().unwrap()] {
        write(&note(images, name), image);
    }
}

/// The image of this name, on the node or in the registry.
pub(crate) fn find(store: &Store, place: &str, name: &str) -> Option<Value> {
    read(&note(&store.root.join(place), name))
}

pub(crate) fn ctr(store: &Store, arguments: &[String]) -> Result<(), Refused> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ["--address", socket, rest @ ..] = &words[..] else {
        return Err(format!("ctr: unknown arguments {words:?}"));
    };
    if !Utf8Path::new(socket).exists() {
        return Err(format!("ctr: failed to dial {socket}: no such file or directory"));
    }
    on_node(store, rest)
}

/// What `ctr` does on a node.
pub(crate) fn on_node(store: &Store, arguments: &[&str]) -> Result<(), Refused> {
    match arguments {
        ["--namespace", "k8s.io", "images", rest @ ..] => images(store, rest),
        ["--namespace", "k8s.io", "tasks", rest @ .., container] => {
            store.note(&format!("ctr {}", rest.join(" ")));
            let signal = match rest {
                ["pause"] => Signal::STOP,
                ["resume"] => Signal::CONT,
                ["kill", "--all", "--signal", "SIGKILL"] => Signal::KILL,
                other => return Err(format!("ctr: unknown arguments {other:?}")),
            };
            let pid = container.parse().ok().and_then(Pid::from_raw);
            match pid.map(|pid| kill_process(pid, signal)) {
                // It is resumed to die of the kill before, and may have done so already.
                Some(Ok(())) if signal == Signal::CONT => {
                    Err("ctr: cannot resume a deleted process: unknown".to_owned())
                }
                Some(Ok(())) => Ok(()),
                _ => Err(format!("ctr: container \"{container}\": not found")),
            }
        }
        other => Err(format!("ctr: unknown arguments {other:?}")),
    }
}

fn images(store: &Store, rest: &[&str]) -> Result<(), Refused> {
    store.note(&format!("ctr {}", rest.join(" ")));
    store.meet_fault(&format!("ctr {}", rest[0]))?;
    let images = store.root.join("images");
    match rest {
        ["list", filter] if filter.starts_with("name==") => {
            println!("REF TYPE DIGEST SIZE PLATFORMS LABELS");
            let name = filter.trim_start_matches("name==").trim_matches('"');
            if let Some(image) = find(store, "images", name) {
                let digest = image["manifest"].as_str().unwrap();
                println!(
                    "{name} application/vnd.oci.image.manifest.v1+json {digest} 1 linux/amd64 -"
                );
            }
        }
        ["list", "--quiet", filter @ ..] => {
            let digest = filter.first().map(|filter| {
                filter.strip_prefix("target.digest==").expect("a filter").trim_matches('"')
            });
            for name in names(&images) {
                let image = find(store, "images", &name);
                if digest.is_none_or(|digest| image.is_some_and(|it| it["manifest"] == digest)) {
                    println!("{name}");
                }
            }
        }
        ["import", archive] => {
            let (name, image) = unpack(store, archive)?;
            name_on_node(&images, &name, &image);
        }
        ["tag", other, name] => {
            let image = find(store, "images", other).ok_or("ctr: image not found")?;
            name_on_node(&images, name, &image);
        }
        ["remove", names @ ..] => {
            for name in names {
                let removed = fs::remove_file(note(&images, name));
                removed.map_err(|_| format!("ctr: {name}: not found"))?;
            }
        }
        other => return Err(format!("ctr: unknown arguments {other:?}")),
    }
    Ok(())
}

/// What kind does with an archive: its nodes get one more name for the image, by its
/// digest.
pub(crate) fn load(store: &Store, archive: &str) -> Result<(), Refused> {
    let images = store.root.join("images");
    let (name, image) = unpack(store, archive)?;
    name_on_node(&images, &name, &image);
    let name = format!("import-2026-01-31@{}", image["manifest"].as_str().unwrap());
    write(&note(&images, &name), &image);
    Ok(())
}

pub(crate) fn skopeo(store: &Store, arguments: &[String]) -> Result<(), Refused> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ["copy", "--quiet", "--preserve-digests", "--digestfile", file, rest @ ..] = &words[..]
    else {
        return Err(format!("skopeo: unknown arguments {words:?}"));
    };
    let [tls @ .., from, to] = rest else { return Err("skopeo: too few arguments".to_owned()) };
    let name = to.strip_prefix("docker://").ok_or("skopeo: no registry")?;
    let archive = from.strip_prefix("oci-archive:").ok_or("skopeo: no archive")?;
    if name.starts_with("localhost:") != (tls == ["--dest-tls-verify=false"]) {
        return Err(format!("skopeo: unknown arguments {tls:?}"));
    }
    store.note(&format!("skopeo copy {name}"));
    store.meet_fault("skopeo copy")?;
    let (_, image) = unpack(store, archive)?;
    write(&note(&store.root.join("registry"), name), &image);
    fs::write(file, image["manifest"].as_str().unwrap()).unwrap();
    Ok(())
}

/// Keeps all files of an archive; returns its name and the image.
fn unpack(store: &Store, archive: &str) -> Result<(String, Value), Refused> {
    let cat = |path: &str| {
        let told = Command::new("tar").args(["-xOf", archive, path]).output().unwrap();
        serde_json::from_slice::<Value>(&told.stdout).map_err(|error| format!("{path}: {error}"))
    };
    let index = cat("index.json")?;
    let entry = &index["manifests"][0];
    let own = entry["annotations"]["io.containerd.image.name"].as_str().unwrap();
    let blob = |digest: &Value| format!("blobs/sha256/{}", &digest.as_str().unwrap()[7..]);
    let manifest = cat(&blob(&entry["digest"]))?;
    let config = cat(&blob(&manifest["config"]["digest"]))?;
    let root = store.root.join("roots").join(&entry["digest"].as_str().unwrap()[7..]);
    let _lock = store.lock();
    if !root.exists() {
        fs::create_dir_all(&root).unwrap();
        for layer in manifest["layers"].as_array().unwrap() {
            let mut outer = Command::new("tar")
                .args(["-xOf", archive, &blob(&layer["digest"])])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let inner = Command::new("tar")
                .args(["-x", "--no-same-owner", "-C", root.as_str()])
                .stdin(outer.stdout.take().unwrap())
                .status();
            assert!(inner.unwrap().success() && outer.wait().unwrap().success());
        }
    }
    let image = json!({
        "manifest": entry["digest"],
        "config": manifest["config"]["digest"],
        "root": root,
        "entrypoint": config["config"]["Entrypoint"][0],
    });
    Ok((own.to_owned(), image))
}
