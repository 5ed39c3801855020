//! The seen log on disk: written by a thread of its own, flushed whenever it has caught up.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

use bytes::Bytes;
use tokio::sync::oneshot;

enum Order {
    Append(Bytes),
    Empty,
    Flush(oneshot::Sender<()>),
}

/// The hand that orders; the thread ends when it is dropped.
pub(crate) struct SeenFile {
    orders: Sender<Order>,
}

impl SeenFile {
    /// Creates or empties the file. The receiver tells when writing failed: from then on the file is incomplete.
    pub(crate) fn create(path: &Path) -> io::Result<(Self, oneshot::Receiver<io::Error>)> {
        let file = File::create(path)?;
        let (orders, work) = channel();
        let (failed, failure) = oneshot::channel();
        std::thread::Builder::new().name("seen".to_owned()).spawn(move || {
            if let Err(error) = write(file, &work) {
                // Nobody listens only when the simulator is stopping.
                let _ = failed.send(error);
            }
        })?;
        Ok((Self { orders }, failure))
    }

    /// Appends whole lines.
    pub(crate) fn append(&self, lines: Bytes) {
        self.order(Order::Append(lines));
    }

    /// Forgets all lines.
    pub(crate) fn empty(&self) {
        self.order(Order::Empty);
    }

    /// Waits until everything ordered so far is in the file.
    pub(crate) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        self.order(Order::Flush(done));
        // An error means that the thread has ended, which is reported on its own.
        let _ = wait.await;
    }

    fn order(&self, order: Order) {
        // The thread ends early only by an error that it reports on its own.
        let _ = self.orders.send(order);
    }
}

fn write(file: File, work: &Receiver<Order>) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(256 * 1024, file);
    while let Ok(order) = work.recv() {
        carry_out(&mut file, order)?;
        // A bounded burst, so that a steady stream is flushed many times a second as well.
        for _ in 0..256 {
            match work.try_recv() {
                Ok(order) => carry_out(&mut file, order)?,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        file.flush()?;
    }
    Ok(())
}

fn carry_out(file: &mut BufWriter<File>, order: Order) -> io::Result<()> {
    match order {
        Order::Append(lines) => file.write_all(&lines)?,
        Order::Empty => {
            file.flush()?;
            file.get_ref().set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
        }
        Order::Flush(done) => {
            file.flush()?;
            // Whoever waited may have gone.
            let _ = done.send(());
        }
    }
    Ok(())
}
