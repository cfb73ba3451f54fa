//! Operators as people write them.

use std::fmt;
use std::str::FromStr;

use kernels::adaptivfloat::Format;

use super::number::{Kind, Number};
use super::{Operator, Scope};

impl FromStr for Operator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = "quantise, prune, movement, blocks, heads, columns, drop, compact";
        if text == "compact" {
            return Ok(Operator::Compact);
        }
        let (name, rest) =
            text.split_once('=').ok_or_else(|| format!("write NAME=VALUE, NAME one of {known}"))?;
        let (value, scope) = match rest.split_once('@') {
            None => (rest, None),
            Some((value, scope)) => (value, Some(scope.parse::<Scope>()?)),
        };
        let scoped = matches!(name, "quantise" | "prune");
        if scope.is_some() && !scoped {
            return Err(format!("{name} acts on the encoder alone: leave out @"));
        }
        let scope = scope.unwrap_or_default();
        let mut parts = value.split(',');
        let first = parts.next().unwrap_or_default();
        let second = parts.next();
        match (name, second) {
            ("drop", _) => drop(value),
            _ if parts.next().is_some() => Err(format!("`{value}` has too many parts")),
            ("quantise", by) => {
                Ok(Operator::Quantise(Number { kind: first.parse()?, by_row: word(by, "row")? }, scope))
            }
            ("prune", by) => Ok(Operator::Prune { share: share(first)?, global: word(by, "global")?, scope }),
            ("movement", by) => Ok(Operator::Movement { share: share(first)?, global: word(by, "global")? }),
            ("blocks", Some(part)) => {
                let (outputs, inputs) = first.split_once('x').ok_or("write blocks=32x32,0.5")?;
                Ok(Operator::Blocks { outputs: size(outputs)?, inputs: size(inputs)?, share: share(part)? })
            }
            ("blocks", None) => Err("write blocks=32x32,0.5: the size and the share that goes".into()),
            ("heads", None) => Ok(Operator::Heads(size(first)? as u32)),
            ("columns", None) => Ok(Operator::Columns(share(first)?)),
            ("heads" | "columns", Some(part)) => Err(format!("`{part}` has no meaning here")),
            _ => Err(format!("`{name}` is no operator, must be one of {known}")),
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "encoder" => Ok(Scope::Encoder),
            "embeddings" => Ok(Scope::Embeddings),
            "all" => Ok(Scope::All),
            _ => Err(format!("`{text}` is no scope, must be encoder, embeddings or all")),
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no format, must be af<bits>_<exponent>, int<bits> from 2 to 16, or fp4");
        if text == "fp4" {
            return Ok(Kind::Fp4);
        }
        if let Some(bits) = text.strip_prefix("int") {
            let bits: u32 = bits.parse().map_err(|_| wrong())?;
            return if (2..=16).contains(&bits) { Ok(Kind::Integer(bits)) } else { Err(wrong()) };
        }
        let widths = text.strip_prefix("af").and_then(|widths| widths.split_once('_')).ok_or_else(wrong)?;
        let [width, exponent] = [widths.0, widths.1].map(|number| number.parse().map_err(|_| wrong()));
        Format::new(width?, exponent?).map(Kind::AdaptivFloat).map_err(|error| error.to_string())
    }
}

fn drop(value: &str) -> Result<Operator, String> {
    if let Some(count) = value.strip_prefix("top:") {
        return Ok(Operator::DropTop(size(count)? as u32));
    }
    let layers = value.split(',').map(|layer| Ok(size(layer)? as u32)).collect::<Result<_, String>>()?;
    Ok(Operator::Drop(layers))
}

/// A second part that may only be one word.
fn word(part: Option<&str>, word: &str) -> Result<bool, String> {
    match part {
        None => Ok(false),
        Some(part) if part == word => Ok(true),
        Some(part) => Err(format!("`{part}` must be {word}, or left out")),
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(format!("{share} must be a share from 0 to 1")) }
}

fn size(text: &str) -> Result<usize, String> {
    let size: u16 = text.trim().parse().map_err(|_| format!("`{text}` must be a number from 1 to 65535"))?;
    if size > 0 { Ok(size.into()) } else { Err("0 must be a number from 1 to 65535".into()) }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operator::Quantise(number, scope) => {
                let row = if number.by_row { ",row" } else { "" };
                write!(f, "quantise={}{row}{}", number.kind, behind(*scope))
            }
            Operator::Prune { share, global, scope } => {
                let global = if *global { ",global" } else { "" };
                write!(f, "prune={share}{global}{}", behind(*scope))
            }
            Operator::Movement { share, global } => {
                write!(f, "movement={share}{}", if *global { ",global" } else { "" })
            }
            Operator::Blocks { outputs, inputs, share } => write!(f, "blocks={outputs}x{inputs},{share}"),
            Operator::Heads(count) => write!(f, "heads={count}"),
            Operator::Columns(share) => write!(f, "columns={share}"),
            Operator::Compact => f.write_str("compact"),
            Operator::Drop(layers) => {
                let layers: Vec<String> = layers.iter().map(u32::to_string).collect();
                write!(f, "drop={}", layers.join(","))
            }
            Operator::DropTop(count) => write!(f, "drop=top:{count}"),
        }
    }
}

/// A scope as it stands behind an operator.
fn behind(scope: Scope) -> &'static str {
    match scope {
        Scope::Encoder => "",
        Scope::Embeddings => "@embeddings",
        Scope::All => "@all",
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::AdaptivFloat(format) => write!(f, "af{}_{}", format.width(), format.exponent()),
            Kind::Integer(bits) => write!(f, "int{bits}"),
            Kind::Fp4 => f.write_str("fp4"),
        }
    }
}
