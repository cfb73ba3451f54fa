//! Designs so small that programs take every path.

use models::design::{Design, Sparsity};
use models::record::preset;

const BUFFERS: [u64; 5] = [1 << 18, 1 << 14, 1 << 13, 1 << 12, 1 << 11];

/// Designs of every width with operand buffers from ample to too small.
pub(super) fn designs() -> Vec<Design> {
    let mut list = Vec::new();
    for name in ["offramp-n4", "offramp-n8", "offramp", "released"] {
        for (index, bytes) in BUFFERS.into_iter().enumerate() {
            let mut design: Design = preset(name).expect("the preset is valid");
            design.buffer.bytes = bytes;
            let overlap = design.sequencer.overlap;
            design.buffer.pages = if overlap { 16.min((bytes / 256) as u32) } else { 1 };
            design.sequencer.commands = 65536;
            // The embeddings of every second design lie in external memory.
            design.nvm.bytes = if index % 2 == 0 { design.nvm.bytes } else { 1024 };
            if overlap && index % 2 == 1 {
                design.pu.sparsity = Sparsity::Gate;
            }
            list.push(design);
        }
    }
    list
}
