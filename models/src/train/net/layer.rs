//! The encoder layer: attention, add, norm, feed-forward network, add, norm.

use nalgebra::DMatrix;

use super::attention::{Probabilities, attention, attention_back};
use super::dense::{Normal, dense, dense_input, dense_weights, gelu, norm, norm_back};
use super::{Batch, Mask, Net, Parameters, Real};

/// What a layer leaves for its derivative.
pub(super) struct LayerRun<T> {
    tokens: DMatrix<T>,
    /// Queries, keys and values, [3 hidden x tokens].
    inputs: DMatrix<T>,
    probabilities: Probabilities<T>,
    context: DMatrix<T>,
    attention_normal: Normal<T>,
    attended: DMatrix<T>,
    /// Derivative of the activation.
    slope: DMatrix<T>,
    activated: DMatrix<T>,
    output_normal: Normal<T>,
}

/// The tokens after a layer.
pub(super) fn layer<T: Real>(
    (net, index): (&Net, usize),
    p: &Parameters<T>,
    mask: &Mask<'_, T>,
    batch: &Batch,
    tokens: DMatrix<T>,
) -> (DMatrix<T>, LayerRun<T>) {
    let slots = &net.layout.layers[net.layout.set(index)];
    let inputs = dense(slots.inputs, p, &tokens);
    let mask = &mask.layer(&net.layout, index);
    let (context, probabilities) = attention(net.attention_heads(), mask, batch, &inputs);
    let sum = dense(slots.output, p, &context) + &tokens;
    let (attended, attention_normal) = norm(slots.attention_norm, p, net.epsilon, sum);
    let (activated, slope) = gelu(dense(slots.up, p, &attended));
    let sum = dense(slots.down, p, &activated) + &attended;
    let (after, output_normal) = norm(slots.output_norm, p, net.epsilon, sum);
    let run = LayerRun {
        tokens,
        inputs,
        probabilities,
        context,
        attention_normal,
        attended,
        slope,
        activated,
        output_normal,
    };
    (after, run)
}

/// The derivative by the tokens ahead of a layer, from that by the tokens after it.
pub(super) fn layer_back<T: Real>(
    (net, index): (&Net, usize),
    (p, mask, batch): (&Parameters<T>, &Mask<'_, T>, &Batch),
    run: &LayerRun<T>,
    d_after: DMatrix<T>,
    gradient: &mut [T],
) -> DMatrix<T> {
    let slots = &net.layout.layers[net.layout.set(index)];
    let mut d_attended = norm_back(slots.output_norm, p, &run.output_normal, d_after, gradient);
    dense_weights(slots.down, &run.activated, &d_attended, gradient);
    let mut d_up = DMatrix::zeros(run.slope.nrows(), run.slope.ncols());
    dense_input(slots.down, p, &d_attended, &mut d_up);
    d_up.component_mul_assign(&run.slope);
    dense_weights(slots.up, &run.attended, &d_up, gradient);
    dense_input(slots.up, p, &d_up, &mut d_attended);

    let mut d_tokens = norm_back(slots.attention_norm, p, &run.attention_normal, d_attended, gradient);
    dense_weights(slots.output, &run.context, &d_tokens, gradient);
    let mut d_context = DMatrix::zeros(run.context.nrows(), run.context.ncols());
    dense_input(slots.output, p, &d_tokens, &mut d_context);
    let d_inputs = attention_back(
        net.attention_heads(),
        &mask.layer(&net.layout, index),
        batch,
        (&run.inputs, &run.probabilities),
        &d_context,
        &mut gradient[net.layout.layer_spans(index)],
    );
    dense_weights(slots.inputs, &run.tokens, &d_inputs, gradient);
    dense_input(slots.inputs, p, &d_inputs, &mut d_tokens);
    d_tokens
}
