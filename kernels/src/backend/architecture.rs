//! What NVRTC compiles for: machine code for the card itself where it knows it, else code that the driver translates.

use std::fmt;

/// A compute capability in NVIDIA's short form: 90 is 9.0, 120 is 12.0.
pub(crate) type Capability = u32;

/// What a program is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Machine code for cards of this capability.
    Machine(Capability),
    /// PTX of this capability, which the driver translates for any later card.
    Portable(Capability),
}

impl Target {
    /// The target for a card of `capability`, given all that NVRTC `knows`; nothing where it knows newer cards alone.
    pub(crate) fn choose(capability: Capability, knows: &[Capability]) -> Option<Self> {
        if knows.contains(&capability) {
            return Some(Self::Machine(capability));
        }
        let earlier = knows.iter().filter(|known| **known < capability);
        earlier.max().copied().map(Self::Portable)
    }
}

/// As NVRTC's option says it.
impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Hopper's own instructions (`wgmma`, `setmaxnreg`) are in `sm_90a` alone.
            Self::Machine(90) => formatter.write_str("sm_90a"),
            Self::Machine(capability) => write!(formatter, "sm_{capability}"),
            Self::Portable(capability) => write!(formatter, "compute_{capability}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn a_card_gets_its_own_code_where_the_compiler_knows_it() {
        let knows = [75, 80, 86, 89, 90, 100, 120];
        let told = |capability| {
            let target = Target::choose(capability, &knows);
            target.map(|target| target.to_string()).unwrap_or_default()
        };
        assert_eq!(told(80), "sm_80");
        assert_eq!(told(90), "sm_90a");
        assert_eq!(told(120), "sm_120");
        assert_eq!(told(87), "compute_86");
        assert_eq!(told(130), "compute_120");
        assert_eq!(told(61), "");
    }
}
