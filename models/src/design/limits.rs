//! The least and greatest value of each size of a design: `validate` holds designs to them, with reasons, and the schema tells
//! editors.

/// Least and greatest.
pub(super) type Limits<V> = (V, V);

/// `pu.n`, a power of two.
pub(super) const N: Limits<u64> = (2, 32);
/// `buffer.bytes`, a power of two.
pub(super) const BUFFER_BYTES: Limits<u64> = (1 << 10, 1 << 26);
/// `buffer.pages`, a power of two.
pub(super) const BUFFER_PAGES: Limits<u64> = (1, 256);
/// `aux.bytes`, a power of two.
pub(super) const AUX_BYTES: Limits<u64> = (1 << 10, 1 << 20);
/// `sequencer.commands`.
pub(super) const COMMANDS: Limits<u32> = (16, 65536);
/// `sequencer.queue`.
pub(super) const QUEUE: Limits<u32> = (1, 64);
/// `axi.width_bits`, a power of two.
pub(super) const AXI_WIDTH: Limits<u64> = (32, 1024);
/// `axi.burst_beats`.
pub(super) const BURST_BEATS: Limits<u32> = (1, 256);
/// `axi.outstanding`.
pub(super) const OUTSTANDING: Limits<u32> = (1, 16);
/// `nvm.bytes`, a power of two.
pub(super) const NVM_BYTES: Limits<u64> = (1 << 10, 1 << 30);
/// `nvm.width_bits`, a power of two.
pub(super) const NVM_WIDTH: Limits<u64> = (8, 1024);
/// `operating.vdd_v`, volts.
pub(super) const VDD: Limits<f64> = (0.3, 1.5);
