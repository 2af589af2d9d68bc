//! Memory that host and worker both see: one side writes, the other reads.
//!
//! The writer keeps what it made and uses it again, so that the pages of a picture are made once and not at every call.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use memmap2::{Mmap, MmapMut, MmapOptions};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};

use crate::service::locked;

/// Sizes are multiples of this, in bytes.
const STEP: usize = 1 << 16;

/// What is kept to be used again has at most this many bytes.
const KEPT: usize = 256 << 20;

/// Tells the other side of memory: that it is there, or with no file that it is gone.
pub type Announce = Box<dyn Fn(u64, usize, Option<BorrowedFd<'_>>) -> io::Result<()> + Send + Sync>;

/// The memory that this side writes.
pub struct Pool {
    announce: Announce,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    free: Vec<Segment>,
    /// What is in use, by address.
    used: BTreeMap<usize, u64>,
}

struct Segment {
    id: u64,
    map: MmapMut,
    is_clean: bool,
}

/// Memory in use; it goes back to its pool when it is dropped.
pub struct Lease {
    pool: Arc<Pool>,
    segment: Option<Segment>,
}

impl Pool {
    /// A pool that tells the other side of its memory in this way.
    pub fn new(announce: Announce) -> Arc<Self> {
        Arc::new(Self {
            announce,
            state: Mutex::default(),
        })
    }

    /// Memory for `bytes`, zeros where `zeros` is asked for.
    ///
    /// Errors: there is none left, or the other side is gone.
    pub fn lease(self: &Arc<Self>, bytes: usize, zeros: bool) -> io::Result<Lease> {
        let mut state = locked(&self.state);
        let fits = |segment: &Segment| {
            let size = segment.map.len();
            size >= bytes && size <= bytes.saturating_mul(2).saturating_add(STEP)
        };
        let fitting = state
            .free
            .iter()
            .enumerate()
            .filter(|(_, segment)| fits(segment));
        let smallest = fitting.min_by_key(|(_, segment)| segment.map.len());
        let mut segment = match smallest.map(|(index, _)| index) {
            Some(index) => state.free.swap_remove(index),
            None => {
                state.next += 1;
                self.make(state.next, bytes)?
            }
        };
        let _ = state.used.insert(segment.map.as_ptr() as usize, segment.id);
        drop(state);
        if zeros && !segment.is_clean {
            segment.map[..bytes].fill(0);
        }
        segment.is_clean = false;
        Ok(Lease {
            pool: self.clone(),
            segment: Some(segment),
        })
    }

    fn make(&self, id: u64, bytes: usize) -> io::Result<Segment> {
        let size = bytes
            .max(1)
            .checked_next_multiple_of(STEP)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(memfd_create("smalto", flags)?);
        file.set_len(size as u64)?;
        // The other side must be able to rely on every byte being there, or reading one would end it.
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        // SAFETY: the file has no name, its size is sealed, and by agreement this side alone writes it.
        let map = unsafe { MmapOptions::new().populate().map_mut(&file) }?;
        (self.announce)(id, size, Some(file.as_fd()))?;
        Ok(Segment {
            id,
            map,
            is_clean: true,
        })
    }

    /// The number of the memory that begins at this address.
    pub fn id_at(&self, address: *const u8) -> Option<u64> {
        locked(&self.state).used.get(&(address as usize)).copied()
    }
}

impl Lease {
    /// The number that the other side knows the memory by.
    pub fn id(&self) -> u64 {
        self.segment.as_ref().map_or(0, |segment| segment.id)
    }

    /// Copies `bytes` to the beginning of the memory, which must be as large.
    pub fn fill(&mut self, bytes: &[u8]) {
        if let Some(segment) = &mut self.segment {
            segment.map[..bytes.len()].copy_from_slice(bytes);
        }
    }

    /// Where the memory begins.
    pub fn pointer(&mut self) -> Option<NonNull<u8>> {
        NonNull::new(self.segment.as_mut()?.map.as_mut_ptr())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(segment) = self.segment.take() else {
            return;
        };
        let mut state = locked(&self.pool.state);
        let _ = state.used.remove(&(segment.map.as_ptr() as usize));
        let kept: usize = state.free.iter().map(|segment| segment.map.len()).sum();
        if kept + segment.map.len() <= KEPT {
            state.free.push(segment);
            return;
        }
        drop(state);
        // Where the other side is gone, so is its view of the memory.
        let _ = (self.pool.announce)(segment.id, 0, None);
    }
}

/// The memory that the other side writes, by number.
#[derive(Default)]
pub struct Views(Mutex<BTreeMap<u64, Arc<Mmap>>>);

impl Views {
    /// Takes the memory that the other side tells of.
    ///
    /// Errors: it is no memory that can be relied on.
    pub fn add(&self, id: u64, length: u64, file: Option<OwnedFd>) -> io::Result<()> {
        let file = File::from(file.ok_or_else(|| io::Error::other("memory without a file"))?);
        let seals = fcntl_get_seals(&file)?;
        if !seals.contains(SealFlags::SHRINK) || file.metadata()?.len() != length {
            return Err(io::Error::other("memory whose size can change"));
        }
        // SAFETY: the size is sealed, so every byte is there as long as the map is; bytes that the other side writes
        // although it should not are wrong numbers, and nothing that is made of them relies on what they are.
        let map = unsafe { MmapOptions::new().populate().map(&file) }?;
        let _ = locked(&self.0).insert(id, Arc::new(map));
        Ok(())
    }

    /// Forgets memory that the other side has given back.
    pub fn remove(&self, id: u64) {
        let _ = locked(&self.0).remove(&id);
    }

    /// The memory of that number.
    pub fn get(&self, id: u64) -> Option<Arc<Mmap>> {
        locked(&self.0).get(&id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::sync::{Arc, Mutex};

    use super::{Pool, Views};

    #[test]
    fn what_one_side_writes_the_other_reads_and_it_is_used_again() {
        let views = Arc::new(Views::default());
        let told = Arc::new(Mutex::new(Vec::new()));
        let pool = Pool::new(Box::new({
            let (views, told) = (views.clone(), told.clone());
            move |id, length, file| {
                told.lock().expect("nobody panics").push((id, length));
                match file {
                    Some(file) => {
                        let file: OwnedFd = file.try_clone_to_owned()?;
                        views.add(id, length as u64, Some(file))
                    }
                    None => {
                        views.remove(id);
                        Ok(())
                    }
                }
            }
        }));
        let mut lease = pool.lease(100_000, true).expect("there is memory");
        lease.fill(&[5; 100_000]);
        let view = views.get(lease.id()).expect("it was told");
        assert!(view[..100_000].iter().all(|byte| *byte == 5));
        let address = lease.pointer().expect("it is there").as_ptr();
        assert_eq!(pool.id_at(address), Some(lease.id()));
        drop(lease);
        assert_eq!(pool.id_at(address), None);

        let lease = pool.lease(90_000, true).expect("there is memory");
        assert!(
            view[..90_000].iter().all(|byte| *byte == 0),
            "it is zeros again"
        );
        let other = pool.lease(90_000, false).expect("there is memory");
        assert_ne!(lease.id(), other.id());
        assert_eq!(
            *told.lock().expect("nobody panics"),
            [(1, 131_072), (2, 131_072)]
        );
    }

    #[test]
    fn memory_that_could_shrink_is_refused() {
        let file = tempfile::tempfile().expect("a file can be made");
        file.set_len(4096).expect("it can grow");
        let views = Views::default();
        assert!(views.add(1, 4096, Some(file.into())).is_err());
        assert!(views.add(1, 4096, None).is_err());
        assert!(views.get(1).is_none());
    }
}
