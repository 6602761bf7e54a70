//! Clients that write until the service ends.

use contract::datastorage::{NewEvent, Receipt};
use kit::Peer;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::calls::create;
use crate::{TEST_TIMEOUT, event};

/// How many clients there are. Each may have one unanswered event.
pub(crate) const WRITERS: usize = 8;

/// Clients that write one event after the other until one fails.
pub(crate) struct Writers {
    running: Vec<JoinHandle<()>>,
    acknowledged: UnboundedReceiver<(NewEvent, Receipt)>,
    seen: Vec<(NewEvent, Receipt)>,
}

impl Writers {
    pub(crate) fn start(client: &Peer) -> Self {
        let (send, acknowledged) = unbounded_channel();
        let running = (0..WRITERS)
            .map(|writer| tokio::spawn(write(client.clone(), writer, send.clone())))
            .collect();
        Self { running, acknowledged, seen: Vec::new() }
    }

    /// Waits for `count` acknowledgements.
    pub(crate) async fn acknowledge(&mut self, count: usize) {
        for _ in 0..count {
            self.next().await;
        }
    }

    /// Waits for `count` acknowledgements with status `spooled`.
    pub(crate) async fn spool(&mut self, count: usize) {
        let mut spooled = 0;
        while spooled < count {
            spooled += usize::from(self.next().await.is_spooled());
        }
    }

    async fn next(&mut self) -> Receipt {
        let next = tokio::time::timeout(TEST_TIMEOUT, self.acknowledged.recv()).await;
        let (event, receipt) =
            next.expect("an acknowledgement in time").expect("writers are running");
        self.seen.push((event, receipt.clone()));
        receipt
    }

    /// Waits until all writers have failed; returns all acknowledged events.
    pub(crate) async fn end(mut self) -> Vec<(NewEvent, Receipt)> {
        for writer in self.running {
            writer.await.expect("no panic");
        }
        while let Some(acknowledged) = self.acknowledged.recv().await {
            self.seen.push(acknowledged);
        }
        self.seen
    }
}

async fn write(client: Peer, writer: usize, acknowledged: UnboundedSender<(NewEvent, Receipt)>) {
    loop {
        let event = event(writer);
        let Ok(receipt) = create(&client, &event).await else {
            return;
        };
        // The test may have stopped reading.
        let _ = acknowledged.send((event, receipt));
    }
}
