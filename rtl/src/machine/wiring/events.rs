//! Which events the counters count.

use super::List;
use crate::hdl::Expr;
use crate::unit::page::{READERS, WRITERS};

/// What the counters count.
pub(super) fn events(list: &mut List, start: &Expr) {
    let wires = list.wires;
    list.put("counters_clear", start.clone());
    list.leads("counters", "pu", &[("dots", "dots"), ("tile_ends", "tile_ends"), ("active", "active")]);
    list.lead("counters_rows_vectors", "pu_rows_vectors");
    for unit in ["softmax", "layernorm", "entropy"] {
        list.lead(&format!("counters_{unit}_vectors"), &format!("sfu_{unit}_vectors"));
    }
    let counted = |masks: &str, codes: &str| {
        let codes = wires.get(codes);
        (wires.get(masks).widen(codes.width()), codes)
    };
    let reads = [
        counted("store_vectors", "store_codes_read"),
        counted("pu_rows_vectors", "pu_rows_codes_read"),
        counted("pu_columns_vectors", "pu_columns_codes_read"),
        counted("a_vectors", "a_codes_read"),
        counted("b_vectors", "b_codes_read"),
    ];
    for (reader, (masks, codes)) in READERS.iter().zip(reads) {
        let name = format!("counters_{}_read", reader.name);
        list.put(&format!("{name}_buffer"), list.inputs[&format!("buffers_{}_buffer", reader.name)].clone());
        list.put(&format!("{name}_masks"), masks);
        list.put(&format!("{name}_codes"), codes);
    }
    let writes = [
        (wires.get("load_masks_written"), wires.get("load_codes_written")),
        counted("pu_write_mask_write", "pu_write_written"),
        counted("encoder_mask_write", "encoder_written"),
    ];
    for (writer, (masks, codes)) in WRITERS.into_iter().zip(writes) {
        let name = format!("counters_{writer}_write");
        list.put(&format!("{name}_buffer"), list.inputs[&format!("buffers_{writer}_buffer")].clone());
        list.put(&format!("{name}_masks"), masks);
        list.put(&format!("{name}_codes"), codes);
    }
    let parameter = wires.get("sfu_parameter_read");
    let norm = wires.get("sfu_parameter_kind");
    list.put("counters_norm_read", parameter.and(&norm));
    list.put("counters_span_read", parameter.and(norm.not()));
    list.lead("counters_bias_read", "pu_bias_read");
    list.lead("counters_aux_write", "load_aux_write");
    list.lead("counters_read_beat", "load_beat");
    list.lead("counters_write_beat", "store_beat_sent");
    list.lead("counters_nvm_word", "load_nvm_taken");
    list.lead("counters_dispatched", "control_dispatched");
}
