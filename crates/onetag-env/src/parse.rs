//! From the text of the file, or any other source of variables, to an
//! [`Environment`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{Environment, Error, Service, check, check::REWRITE, keys};

impl Environment {
    /// Reads the text of an environment file; the order of keys is free.
    ///
    /// # Errors
    ///
    /// On everything that [`render`](Environment::render) would not write:
    /// blank lines, comments, `export`, quotes, spaces, carriage returns,
    /// unknown, duplicate and missing keys, values that do not fit their key or
    /// each other. Every error names line and key as far as there are any.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let entries = entries(text)?;
        let value = |key: &str| entries.get(key).map(|(_, value)| (*value).to_owned());
        let line = |key: &str| entries.get(key).map(|(line, _)| *line);

        let read = || {
            let services = services(&value)?;
            refuse_unknown(&entries, &services)?;
            let environment = assemble(services, &value)?;
            environment.check()?;
            Ok(environment)
        };
        read().map_err(|error: Error| {
            let line = error.about().and_then(line);
            // A missing key has no line of its own.
            error.at(line.or_else(|| text.lines().count().checked_add(1)))
        })
    }

    /// Reads the variables that `value` knows; it cannot see unknown ones.
    pub(crate) fn from_values(value: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let environment = assemble(services(value)?, value)?;
        environment.check()?;
        Ok(environment)
    }
}

/// Every key with its line, counted from 1, and its value.
fn entries(text: &str) -> Result<BTreeMap<&str, (usize, &str)>, Error> {
    let mut entries = BTreeMap::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let number = index + 1;
        let (key, value) = entry(line).map_err(|error| error.at(Some(number)))?;
        if let Some((first, _)) = entries.insert(key, (number, value)) {
            return Err(Error::new(format!("stands in line {first} already"))
                .key(key)
                .hint(REWRITE)
                .at(Some(number)));
        }
    }
    Ok(entries)
}

/// One line, with its newline, as key and value.
fn entry(line: &str) -> Result<(&str, &str), Error> {
    let refuse = |what: &str| Err(Error::new(what).hint(REWRITE));
    let Some(line) = line.strip_suffix('\n') else {
        return refuse("the line does not end with a newline, so the file may be cut short");
    };
    if line.trim().is_empty() {
        return refuse("blank line");
    }
    if line.starts_with('#') {
        return refuse("comment");
    }
    if line.starts_with("export ") {
        return refuse("`export` before the key");
    }
    let Some((key, value)) = line.split_once('=') else {
        return refuse(&format!("{line:?} is not KEY=VALUE"));
    };
    if key.is_empty() || !key.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
        return refuse(&format!("{key:?} is not a key"));
    }
    check::characters(key, value)?;
    Ok((key, value))
}

/// The names in `ONETAG_SERVICES`, which decide what other keys there are.
fn services(value: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, Error> {
    let services = list(keys::SERVICES, value)?;
    for service in &services {
        check::label(keys::SERVICES, service)?;
    }
    if let Some(pair) = services.windows(2).find(|pair| pair[0] >= pair[1]) {
        let what = if pair[0] == pair[1] { "stands twice" } else { "is not in order" };
        return Err(Error::new(format!("`{}` {what}", pair[1])).key(keys::SERVICES).hint(REWRITE));
    }
    Ok(services)
}

fn refuse_unknown(
    entries: &BTreeMap<&str, (usize, &str)>,
    services: &[String],
) -> Result<(), Error> {
    let suffixes = [keys::IMAGE_SUFFIX, keys::DIGEST_SUFFIX, keys::URL_SUFFIX];
    let of_services = services
        .iter()
        .flat_map(|service| suffixes.map(|suffix| keys::service_key(service, suffix)));
    let fixed = [
        keys::RUN_ID,
        keys::TAG,
        keys::CONSUMER,
        keys::BACKEND,
        keys::RUN_DIR,
        keys::SERVICES,
        keys::CAPABILITIES,
    ];
    let known: BTreeSet<String> = fixed.map(str::to_owned).into_iter().chain(of_services).collect();
    let unknown = entries.iter().filter(|(key, _)| !known.contains(**key));
    match unknown.min_by_key(|(_, (line, _))| line) {
        None => Ok(()),
        Some((key, _)) => Err(Error::new("unknown key").key(*key).hint(REWRITE)),
    }
}

fn assemble(
    services: Vec<String>,
    value: &dyn Fn(&str) -> Option<String>,
) -> Result<Environment, Error> {
    let capabilities = list(keys::CAPABILITIES, value)?;
    let mut environment = Environment {
        run_id: required(keys::RUN_ID, value)?,
        tag: required(keys::TAG, value)?,
        consumer: required(keys::CONSUMER, value)?,
        backend: required(keys::BACKEND, value)?,
        run_dir: required(keys::RUN_DIR, value)?,
        services: BTreeMap::new(),
        capabilities: BTreeSet::new(),
    };
    for name in services {
        let of = |suffix| required(&keys::service_key(&name, suffix), value);
        let service = Service {
            image: of(keys::IMAGE_SUFFIX)?,
            digest: of(keys::DIGEST_SUFFIX)?,
            url: of(keys::URL_SUFFIX)?,
        };
        environment.services.insert(name, service);
    }
    for capability in capabilities {
        if let Some(twice) = environment.capabilities.replace(capability) {
            return Err(Error::new(format!("`{twice}` stands twice"))
                .key(keys::CAPABILITIES)
                .hint(REWRITE));
        }
    }
    Ok(environment)
}

fn required(key: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<String, Error> {
    value(key).ok_or_else(|| Error::new("missing").key(key).hint(REWRITE))
}

/// An empty value is an empty list, not a list of one empty name.
fn list(key: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, Error> {
    let text = required(key, value)?;
    let names = text.split(',').filter(|_| !text.is_empty());
    Ok(names.map(str::to_owned).collect())
}
