//! Programs that are told of while cargo goes on: of services that did not change, and of
//! those that cargo builds before others.
//!
//! All is taken in once more when cargo has ended. What is of other sources, or was written
//! to since, has other bytes then.

use std::sync::mpsc::Receiver;
use std::thread;

use super::OnBuilt;
use super::executables::{ExecutableCache, service_note};
use super::messages::Artifacts;
use crate::workspace::Service;

/// What is sent when no message follows: a message is a line, and no line is empty.
pub(super) const END: &[u8] = b"";

/// Takes in the programs of services, as cargo's messages tell of them.
pub(super) fn take_in(
    cache: &ExecutableCache<'_>,
    services: &[&Service],
    messages: Receiver<Vec<u8>>,
    on_built: &OnBuilt<'_>,
) {
    thread::scope(|scope| {
        for message in messages.into_iter().take_while(|message| message != END) {
            let artifacts = Artifacts::of_line(&message);
            for service in services {
                let path = service
                    .program()
                    .and_then(|program| artifacts.program(&program.package_id, &program.binary));
                let Some(path) = path else { continue };
                // Whatever goes wrong is told when cargo has ended.
                let Ok(taken) = cache.take(&service_note(&service.name), path) else { continue };
                scope.spawn(|| cache.compiled(service, taken).map(|compiled| on_built(&compiled)));
            }
        }
    });
}
