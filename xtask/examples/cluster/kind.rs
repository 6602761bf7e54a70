//! `kind`, and `docker` as far as it is needed for nodes.

use std::fs;

use camino::Utf8Path;

use super::Refused;
use super::images::{load, on_node};
use super::store::Store;

pub(crate) fn kind(store: &Store, arguments: &[String]) -> Result<(), Refused> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["version", "--quiet"] = &words[..] {
        println!("0.29.0");
        return Ok(());
    }
    store.note(&format!("kind {}", words.join(" ")));
    if std::env::var("KIND_EXPERIMENTAL_PROVIDER").as_deref() != Ok("docker") {
        return Err("ERROR: the provider is not pinned".to_owned());
    }
    store.meet_fault(&format!("kind {}", words[0]))?;
    let clusters = store.root.join("clusters");
    fs::create_dir_all(&clusters).unwrap();
    match &words[..] {
        ["get", "clusters"] => {
            for entry in clusters.read_dir_utf8().unwrap().flatten() {
                println!("{}", entry.file_name());
            }
        }
        ["create", "cluster", "--kubeconfig", file, image @ .., "--name", name] => {
            if !matches!(image, [] | ["--image", "node:own"]) {
                return Err(format!("ERROR: unknown arguments {image:?}"));
            }
            if clusters.join(name).exists() {
                return Err(format!(
                    "ERROR: node(s) already exist for a cluster with the name \"{name}\""
                ));
            }
            fs::write(clusters.join(name), "").unwrap();
            // Its nodes come up before its API answers.
            store.meet_fault("api of kind")?;
            fs::write(file, format!("kind-{name}\n")).unwrap();
        }
        ["export", "kubeconfig", "--kubeconfig", file, "--name", name] => {
            known(&clusters, name)?;
            fs::write(file, format!("kind-{name}\n")).unwrap();
        }
        ["delete", "cluster", "--kubeconfig", file, "--name", name] => {
            let _ = (fs::remove_file(clusters.join(name)), fs::remove_file(file));
            for all in ["namespaces", "images"] {
                fs::remove_dir_all(store.root.join(all)).unwrap();
            }
        }
        ["get", "nodes", "--name", name] => {
            known(&clusters, name)?;
            println!("{name}-control-plane");
        }
        ["load", "image-archive", archive, "--name", name] => {
            known(&clusters, name)?;
            load(store, archive)?;
        }
        other => return Err(format!("ERROR: unknown arguments {other:?}")),
    }
    Ok(())
}

fn known(clusters: &Utf8Path, name: &str) -> Result<(), Refused> {
    match clusters.join(name).exists() {
        true => Ok(()),
        false => Err(format!("ERROR: no nodes found for cluster \"{name}\"")),
    }
}

pub(crate) fn docker(store: &Store, arguments: &[String]) -> Result<(), Refused> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &words[..] {
        ["info"] => store.meet_fault("docker info"),
        ["exec", node, "ctr", rest @ ..] if node.ends_with("-control-plane") => {
            on_node(store, rest)
        }
        other => Err(format!("docker: unknown arguments {other:?}")),
    }
}
