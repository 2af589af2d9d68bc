//! Messages over a Unix socket: a head in JSON, a blob of bytes, and now and then an open file.

use std::io::{self, IoSlice, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::service::locked;

/// No head and no blob is longer: a length beyond it comes from a side that is broken.
const LONGEST: usize = 1 << 28;

/// How long the rest of a message may take once it has begun.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often whoever waits for a message looks about.
pub const TICK: Duration = Duration::from_millis(10);

/// The end of a socket that messages leave from.
pub struct Sender(Mutex<UnixStream>);

/// The end of a socket that messages come to.
pub struct Receiver(UnixStream);

/// A message.
pub struct Message<T> {
    pub head: T,
    pub blob: Vec<u8>,
    pub file: Option<OwnedFd>,
}

/// What waiting for a message came to.
pub enum Received<T> {
    Message(Message<T>),
    /// Nothing has come yet.
    Nothing,
    /// The other side has closed the socket.
    End,
}

/// Both ends of one side of a socket.
///
/// Errors: the system refuses.
pub fn ends(stream: UnixStream) -> io::Result<(Sender, Receiver)> {
    stream.set_read_timeout(Some(TICK))?;
    // A side that reads nothing for so long is broken, and must not stop the other for good.
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok((Sender(Mutex::new(stream.try_clone()?)), Receiver(stream)))
}

impl Sender {
    /// Sends a message.
    ///
    /// Errors: the other side is gone.
    pub fn send<T: Serialize>(
        &self,
        head: &T,
        blob: &[u8],
        file: Option<BorrowedFd<'_>>,
    ) -> io::Result<()> {
        let head = serde_json::to_vec(head)?;
        if head.len() > LONGEST || blob.len() > LONGEST {
            return Err(io::Error::other("the message is too long"));
        }
        let mut prefix = [0; 8];
        prefix[..4].copy_from_slice(&(head.len() as u32).to_le_bytes());
        prefix[4..].copy_from_slice(&(blob.len() as u32).to_le_bytes());
        let stream = locked(&self.0);
        let files: Vec<BorrowedFd<'_>> = file.into_iter().collect();
        let mut left = prefix.len() + head.len() + blob.len();
        let total = left;
        while left > 0 {
            let sent = total - left;
            let mut skip = sent;
            let mut parts = Vec::with_capacity(3);
            for part in [&prefix[..], &head, blob] {
                let from = skip.min(part.len());
                skip -= from;
                if from < part.len() {
                    parts.push(IoSlice::new(&part[from..]));
                }
            }
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut along = SendAncillaryBuffer::new(&mut space);
            if sent == 0 && !files.is_empty() {
                let _ = along.push(SendAncillaryMessage::ScmRights(&files));
            }
            match sendmsg(&*stream, &parts, &mut along, SendFlags::NOSIGNAL) {
                Ok(written) => left -= written,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Receiver {
    /// The socket, to be watched for its end.
    pub fn socket(&self) -> io::Result<UnixStream> {
        self.0.try_clone()
    }

    /// Waits a moment for a message.
    ///
    /// Errors: the other side breaks off within a message, or sends what is none.
    pub fn receive<T: DeserializeOwned>(&mut self) -> io::Result<Received<T>> {
        self.next(RecvFlags::CMSG_CLOEXEC)
    }

    /// Takes a message that is there already.
    ///
    /// Errors: as for [`Receiver::receive`].
    pub fn take<T: DeserializeOwned>(&mut self) -> io::Result<Received<T>> {
        self.next(RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT)
    }

    fn next<T: DeserializeOwned>(&mut self, flags: RecvFlags) -> io::Result<Received<T>> {
        let mut prefix = [0; 8];
        let (read, file) = match self.first(&mut prefix, flags) {
            Err(error) if is_timeout(&error) => return Ok(Received::Nothing),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                return Ok(Received::End);
            }
            other => other?,
        };
        if read == 0 {
            return Ok(Received::End);
        }
        self.rest(&mut prefix[read..])?;
        let length = |at: usize| {
            let bytes = [prefix[at], prefix[at + 1], prefix[at + 2], prefix[at + 3]];
            u32::from_le_bytes(bytes) as usize
        };
        let (head_length, blob_length) = (length(0), length(4));
        if head_length > LONGEST || blob_length > LONGEST {
            return Err(io::Error::other("a message claims to be too long"));
        }
        let mut head = vec![0; head_length + blob_length];
        self.rest(&mut head)?;
        let blob = head.split_off(head_length);
        let head = serde_json::from_slice(&head)?;
        Ok(Received::Message(Message { head, blob, file }))
    }

    /// Reads the first bytes of a message, and the file that comes along with them.
    fn first(&self, buffer: &mut [u8], flags: RecvFlags) -> io::Result<(usize, Option<OwnedFd>)> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut along = RecvAncillaryBuffer::new(&mut space);
        let mut parts = [IoSliceMut::new(buffer)];
        let received = loop {
            match recvmsg(&self.0, &mut parts, &mut along, flags) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other?,
            }
        };
        let mut file = None;
        for message in along.drain() {
            if let RecvAncillaryMessage::ScmRights(files) = message {
                file = files.last();
            }
        }
        Ok((received.bytes, file))
    }

    fn rest(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        let began = Instant::now();
        while !buffer.is_empty() {
            match self.0.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => buffer = &mut buffer[read..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) && began.elapsed() < PATIENCE => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Waits until the other side has closed the socket; reads nothing.
pub fn until_closed(socket: &UnixStream) {
    loop {
        // Without any events asked for, only the end is told.
        let mut watched = [PollFd::new(socket, PollFlags::RDHUP)];
        match poll(&mut watched, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
        let over = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if watched[0].revents().intersects(over) {
            return;
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use super::{Received, ends};

    #[test]
    fn messages_arrive_whole_with_what_comes_along() {
        let (left, right) = UnixStream::pair().expect("a socket can be made");
        let (sender, _kept) = ends(left).expect("the socket works");
        let (_, mut receiver) = ends(right).expect("the socket works");
        assert!(matches!(receiver.receive::<u8>(), Ok(Received::Nothing)));

        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("file");
        std::fs::write(&path, "along").expect("a file can be written");
        let file = File::open(&path).expect("it was written");
        let blob = vec![7; 1 << 20];
        std::thread::scope(|scope| {
            let _ = scope.spawn(|| {
                let sent = sender.send(&vec!["a", "b"], &blob, Some(file.as_fd()));
                sent.expect("the other side reads");
                sender.send(&1, &[], None).expect("the other side reads");
            });
            let message = loop {
                match receiver.receive::<Vec<String>>().expect("it arrives") {
                    Received::Message(message) => break message,
                    Received::Nothing => {}
                    Received::End => panic!("the other side is there"),
                }
            };
            assert_eq!(
                (message.head.join(""), message.blob.len()),
                ("ab".into(), 1 << 20)
            );
            let mut text = String::new();
            let file = message.file.expect("a file came along");
            let _ = File::from(file)
                .read_to_string(&mut text)
                .expect("it can be read");
            assert_eq!(text, "along");
        });
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        let (mut left, right) = UnixStream::pair().expect("a socket can be made");
        let (_, mut receiver) = ends(right).expect("the socket works");
        left.write_all(&[0xff; 8]).expect("the other side is there");
        assert!(receiver.receive::<u8>().is_err(), "the lengths cannot be");
        left.write_all(&[1, 0, 0, 0, 0, 0, 0, 0, b'{'])
            .expect("the other side is there");
        assert!(receiver.receive::<u8>().is_err(), "the head is no JSON");
        drop(left);
        assert!(matches!(receiver.receive::<u8>(), Ok(Received::End)));
    }
}
