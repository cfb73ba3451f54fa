//! Arguments that say what is simulated, and where each input came from.

use models::compiler::{Inference, LayerShape};
use models::design::Design;
use models::network::Network;
use models::record::{self, Error, Kind, Origin, Record};
use models::technology::Technology;
use models::workload::Workload;

use super::policy::{Decided, PolicyArgs};
use crate::machine::Mode;
use crate::report::{Input, Resolved};
use crate::sentence::Setup;

/// The machine: every command that simulates takes these.
#[derive(Debug, clap::Args)]
pub(super) struct MachineArgs {
    /// Design: a preset or a file
    #[arg(long, default_value = "offramp", value_name = "NAME")]
    pub design: String,
    /// Technology: a preset or a file
    #[arg(long, default_value = "edgebert-12nm", value_name = "NAME")]
    pub technology: String,
    /// Memory on the chip in place of the technology's, a preset or a file: see `offramp memories list`
    #[arg(long, value_name = "NAME")]
    pub nvm: Option<String>,
    /// Change one key of the design, e.g. pu.n=32; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

/// What is inferred.
#[derive(Debug, clap::Args)]
pub(super) struct InferenceArgs {
    /// Network: a preset or a file
    #[arg(long, value_name = "NAME")]
    pub network: String,
    /// Task whose densities, spans and exits are used: a workload preset or file; `dense` has none
    #[arg(long, default_value = "dense", value_name = "NAME")]
    pub task: String,
    /// Tokens of a sentence; the task's own if not given
    #[arg(long, value_name = "TOKENS")]
    pub seq: Option<u32>,
    #[command(flatten)]
    pub policy: PolicyArgs,
}

fn usage(message: String, remedy: &str) -> Error {
    Error::new(Kind::Usage, "arguments", message, remedy)
}

/// Where a record was taken from, and what changed it.
fn origin(name: &'static str, value: &str, origin: &Origin) -> Input {
    let sets: String = origin.sets.iter().map(|s| format!(", --set {s}")).collect();
    Input { input: name, value: value.to_owned(), source: format!("{}{sets}", origin.source) }
}

impl MachineArgs {
    /// Design and technology, with their provenance.
    pub(super) fn resolve(&self) -> Result<(Design, Technology, Vec<Input>), Error> {
        let (design, design_origin) = record::resolve::<Design>(&self.design, &self.sets)?;
        let nvm: Vec<String> = self.nvm.iter().map(|name| format!("nvm={name:?}")).collect();
        let (technology, technology_origin) = record::resolve::<Technology>(&self.technology, &nvm)?;
        technology.memory(&design.external.memory)?;
        technology.nvm.built_of(design.nvm.cell)?;
        let inputs = vec![
            origin("design", design.name(), &design_origin),
            origin("technology", technology.name(), &technology_origin),
        ];
        Ok((design, technology, inputs))
    }
}

/// Span of each head, in words.
fn spans(spans: &[u32]) -> String {
    let list: Vec<String> = spans.iter().map(u32::to_string).collect();
    format!("{} tokens", list.join(" "))
}

/// Network and workload as an inference.
fn inference(args: &InferenceArgs, inputs: &mut Vec<Input>) -> Result<(Inference, Workload), Error> {
    let none: [&str; 0] = [];
    let (network, network_origin) = record::resolve::<Network>(&args.network, &none)?;
    let (workload, workload_origin) = record::resolve::<Workload>(&args.task, &none)?;
    inputs.push(origin("network", network.name(), &network_origin));
    inputs.push(origin("task", workload.name(), &workload_origin));
    let positions = network.positions;
    let mut job = Inference::new(network, &workload)?;
    if let Some(tokens) = args.seq {
        if tokens == 0 || tokens > positions {
            let message = format!("--seq {tokens} must be from 1 to the network's {positions} positions");
            return Err(usage(message, "choose a length in this range"));
        }
        job.sequence = tokens;
    }
    for (name, density) in [
        ("embedding density", &workload.weight_density.embedding),
        ("encoder density", &workload.weight_density.encoder),
    ] {
        let source = format!("{}: {}", density.standing, density.source);
        inputs.push(Input { input: name, value: density.value.to_string(), source });
    }
    let source = match (&workload.spans, &workload.layers) {
        (_, Some(layers)) => format!("{}: {}", layers.standing, layers.source),
        (Some(spans), _) => format!("{}: {}", spans.standing, spans.source),
        _ => "the task has no spans: every head sees all tokens".to_owned(),
    };
    let each = |of: &dyn Fn(&LayerShape) -> String| job.layers.iter().map(of).collect::<Vec<_>>().join("; ");
    if job.unrolled() {
        let wide = each(&|layer| layer.feed_forward.to_string());
        inputs.push(Input { input: "feed-forward columns", value: wide, source: source.clone() });
    }
    let value = each(&|layer| spans(&layer.spans));
    inputs.push(Input { input: "attention spans", value, source });
    Ok((job, workload))
}

/// Everything a run needs.
pub(super) fn resolve(machine: &MachineArgs, args: &InferenceArgs, mode: Mode) -> Result<Resolved, Error> {
    let (design, technology, mut inputs) = machine.resolve()?;
    let (mut job, workload) = inference(args, &mut inputs)?;
    let decided = args.policy.decide(&workload, job.network.layers as usize)?;
    (job.exits, job.predict_after) = (decided.ramps, decided.predict_after);
    let tokens = if args.seq.is_some() { "--seq" } else { "the task's sequence length" };
    inputs.push(Input { input: "tokens", value: job.sequence.to_string(), source: tokens.into() });
    inputs.push(decided.input.clone());
    let exits = decided.exits.leaving.clone();
    let setup = Setup { design, technology, job, exits, target: None, mode };
    let Decided { exits, policy, rows, .. } = decided;
    Ok(Resolved { setup, task: workload.name, policy, exits, rows, inputs })
}
