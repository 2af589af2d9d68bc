//! Where the vectors of each sequence are kept.

use burn::tensor::{Device, Tensor, TensorData};

use crate::network::denoiser::network::Memory;

/// A sequence: the number of its picture, and of the picture's sequences.
pub type Member = (usize, usize);

/// What is kept of sequences, those together that were computed together last.
#[derive(Default)]
pub struct Blocks(Vec<Block>);

struct Block {
    /// Whose each row is; nobody's where a newer block has it.
    members: Vec<Option<Member>>,
    memory: Memory,
}

impl Blocks {
    /// Keeps what was made of `members`, in place of what was kept of them before.
    pub fn put(&mut self, members: &[Member], memory: Memory) {
        self.forget(members);
        self.0.push(Block {
            members: members.iter().copied().map(Some).collect(),
            memory,
        });
    }

    /// What is kept of `members`, which is kept no longer; they are of one shape.
    ///
    /// Panics: where something of theirs was never put.
    pub fn take(&mut self, members: &[Member], device: &Device) -> Memory {
        let is_theirs = |block: &Block| members.iter().copied().map(Some).eq(block.members.clone());
        if let Some(at) = self.0.iter().position(is_theirs) {
            return self.0.swap_remove(at).memory;
        }
        let (mut memories, mut places, mut rows) = (Vec::new(), vec![0; members.len()], 0);
        for block in &self.0 {
            let own = members.iter().enumerate().filter_map(|(at, member)| {
                let row = block.members.iter().position(|row| *row == Some(*member))?;
                Some((at, row))
            });
            let own: Vec<(usize, usize)> = own.collect();
            if own.is_empty() {
                continue;
            }
            for (at, row) in own {
                places[at] = (rows + row) as i32;
            }
            memories.push(&block.memory);
            rows += block.members.len();
        }
        let places = Tensor::from_data(TensorData::new(places, [members.len()]), device);
        let memory = Memory::gathered(&memories, &places);
        self.forget(members);
        memory
    }

    /// Keeps nothing of `members`.
    fn forget(&mut self, members: &[Member]) {
        for block in &mut self.0 {
            for row in &mut block.members {
                *row = row.filter(|member| !members.contains(member));
            }
        }
        self.0
            .retain(|block| block.members.iter().any(Option::is_some));
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::{Blocks, Member};
    use crate::network::denoiser::network::Memory;

    /// Memory whose numbers say whose they are.
    fn memory(members: &[Member]) -> Memory {
        let numbers: Vec<f32> = members
            .iter()
            .map(|(picture, branch)| (10 * picture + branch) as f32)
            .collect();
        let rows = Tensor::<1>::from_floats(numbers.as_slice(), &Device::flex());
        Memory {
            layers: vec![rows.clone().reshape([members.len(), 1, 1, 1])],
            features: rows.reshape([members.len(), 1, 1]),
        }
    }

    #[test]
    fn sequences_find_theirs_in_whatever_company() {
        let mut blocks = Blocks::default();
        blocks.put(&[(0, 0), (1, 0), (2, 0)], memory(&[(0, 0), (1, 0), (2, 0)]));
        blocks.put(&[(3, 0), (3, 1)], memory(&[(3, 0), (3, 1)]));
        for members in [
            vec![(3, 1), (0, 0)],
            vec![(2, 0), (1, 0)],
            vec![(1, 0)],
            vec![(3, 0)],
            vec![(0, 0), (1, 0), (2, 0), (3, 0), (3, 1)],
        ] {
            let taken = blocks.take(&members, &Device::flex());
            let expected = memory(&members);
            assert_eq!(
                taken.features.into_data(),
                expected.features.clone().into_data()
            );
            let (found, wanted) = (taken.layers[0].clone(), expected.layers[0].clone());
            assert_eq!(found.into_data(), wanted.into_data());
            blocks.put(&members, expected);
        }
        assert_eq!(blocks.0.len(), 1);
    }
}
