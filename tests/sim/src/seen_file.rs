//! The seen log on disk: written by a thread of its own, flushed whenever it has caught up.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
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
    path: PathBuf,
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
        Ok((Self { orders, path: path.to_owned() }, failure))
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

    /// What is in the file from line `from` on, and the number of the line after its end.
    pub(crate) async fn read(&self, from: u64) -> io::Result<(Vec<u8>, u64)> {
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || read(&path, from)).await?
    }

    fn order(&self, order: Order) {
        // The thread ends early only by an error that it reports on its own.
        let _ = self.orders.send(order);
    }
}

fn read(path: &Path, from: u64) -> io::Result<(Vec<u8>, u64)> {
    let mut file = BufReader::new(File::open(path)?);
    let mut next = 0;
    while next < from && file.skip_until(b'\n')? > 0 {
        next += 1;
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    // The writer may be in the middle of a line.
    text.truncate(text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    let lines = text.iter().filter(|byte| **byte == b'\n').count();
    Ok((text, next + u64::try_from(lines).unwrap_or_default()))
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::SeenFile;

    #[tokio::test]
    async fn lines_come_back_from_any_number_on() {
        let path = std::env::temp_dir().join(format!("push-sim-seen-{}", std::process::id()));
        let (file, _failure) = SeenFile::create(&path).unwrap();
        file.append(Bytes::from_static(b"lost\n"));
        file.empty();
        file.append(Bytes::from_static(b"a\nb\nc\n"));
        file.flush().await;
        assert_eq!(file.read(0).await.unwrap(), (b"a\nb\nc\n".to_vec(), 3));
        assert_eq!(file.read(2).await.unwrap(), (b"c\n".to_vec(), 3));
        assert_eq!(file.read(7).await.unwrap(), (Vec::new(), 3));
        std::fs::remove_file(&path).unwrap();
    }
}
