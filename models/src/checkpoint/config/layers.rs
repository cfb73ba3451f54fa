//! What `config.json` says of layers that differ: spans, columns of the feed-forward network, heads that were pruned.

use serde_json::Value;

use super::Keys;
use crate::network::Network;
use crate::record::Error;

/// Tokens that each head sees: a number for each head, or such a list for each layer.
pub(super) fn spans(keys: &Keys, network: &Network) -> Result<Option<Vec<Vec<u32>>>, Error> {
    let Some(value) = keys.map.get("attention_spans") else { return Ok(None) };
    let heads = network.heads as usize;
    let all = numbers(value).map(|row| vec![row]);
    let each = || value.as_array().and_then(|rows| rows.iter().map(numbers).collect::<Option<Vec<_>>>());
    let rows = all.or_else(each).filter(|rows| {
        let each = rows.len() == network.layers as usize && !network.shared_layers;
        (rows.len() == 1 || each) && rows.iter().all(|row| row.len() == heads)
    });
    let refuse = || {
        let layers = if network.shared_layers { "" } else { ", or such a list for each layer" };
        let message = format!(
            "`attention_spans` is {value}, must be {heads} whole numbers: the tokens that each head sees{layers}"
        );
        keys.refuse(&message, "write one number for each head, 0 for a head that is off")
    };
    rows.map(Some).ok_or_else(refuse)
}

/// Columns of each layer's feed-forward network, where they differ.
pub(super) fn wide(keys: &Keys, network: &Network) -> Result<Option<Vec<u32>>, Error> {
    let Some(value) = keys.map.get("intermediate_sizes") else { return Ok(None) };
    let fits = |row: &Vec<u32>| {
        let inside = row.iter().all(|columns| (1..=network.feed_forward).contains(columns));
        inside && row.len() == network.layers as usize && !network.shared_layers
    };
    let refuse = || {
        let message = format!(
            "`intermediate_sizes` is {value}, must be a whole number from 1 to {} for each of {} layers that have weights of their own",
            network.feed_forward, network.layers
        );
        keys.refuse(&message, "write the columns of each layer, or leave the key out where they are alike")
    };
    numbers(value).filter(fits).map(Some).ok_or_else(refuse)
}

/// Heads of each layer that its tensors lack, as the `transformers` library writes what it has pruned: by number of layer.
pub(super) fn pruned(keys: &Keys, network: &Network) -> Result<Option<Vec<Vec<u32>>>, Error> {
    let Some(map) = keys.map.get("pruned_heads").and_then(Value::as_object).filter(|map| !map.is_empty())
    else {
        return Ok(None);
    };
    let mut layers = vec![Vec::new(); network.layers as usize];
    for (layer, heads) in map {
        let place = layer.parse().ok().and_then(|layer: usize| layers.get_mut(layer));
        let sorted = numbers(heads).map(|mut heads| {
            heads.sort_unstable();
            heads.dedup();
            heads
        });
        let fits = |heads: &Vec<u32>| {
            heads.len() < network.heads as usize && heads.iter().all(|head| *head < network.heads)
        };
        let (Some(place), Some(heads), false) = (place, sorted.filter(fits), network.shared_layers) else {
            let message = format!(
                "`pruned_heads` has {heads} for layer {layer}, must be numbers below {} that leave a head, of layers below {} that have weights of \
                 their own",
                network.heads, network.layers
            );
            return Err(keys.refuse(&message, "take config.json from the same place as the weights"));
        };
        *place = heads;
    }
    Ok(Some(layers))
}

/// A list of whole numbers.
fn numbers(value: &Value) -> Option<Vec<u32>> {
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    value.as_array().and_then(|all| all.iter().map(number).collect())
}
