//! Assignments to concatenations, as Yosys writes them and OpenSTA cannot read them, as one for each bit.

use super::ports::Ports;

/// The netlist with each `assign { … } = …;` bit by bit; what is not a port is one bit wide.
///
/// # Errors
/// The line whose sides are not so many bits.
pub(super) fn by_bits(netlist: &str, ports: &Ports) -> Result<String, String> {
    let mut text = String::new();
    for line in netlist.lines() {
        match line.trim_start().strip_prefix("assign {") {
            Some(rest) => {
                text += &split(&format!("{{{rest}"), ports).ok_or_else(|| line.trim().to_owned())?
            }
            None => {
                text += line;
                text.push('\n');
            }
        }
    }
    Ok(text)
}

/// One assignment, without its first word.
fn split(assignment: &str, ports: &Ports) -> Option<String> {
    let (target, value) = assignment.strip_suffix(';')?.split_once(" = ")?;
    let (targets, values) = (bits(target, ports)?, bits(value, ports)?);
    let pairs = targets.iter().zip(&values);
    (targets.len() == values.len())
        .then(|| pairs.map(|(target, value)| format!("  assign {target} = {value};\n")).collect())
}

/// The bits of an expression, the highest first.
fn bits(expression: &str, ports: &Ports) -> Option<Vec<String>> {
    let expression = expression.trim();
    if let Some(inner) = expression.strip_prefix('{') {
        let parts = inner.strip_suffix('}')?.split(", ").map(|part| bits(part, ports));
        return Some(parts.collect::<Option<Vec<_>>>()?.concat());
    }
    if let Some((width, digits)) = expression.split_once('\'') {
        return constant(width.parse().ok()?, digits);
    }
    // An escaped name ends with a space, before which brackets belong to it.
    let (name, range) = match (expression.strip_prefix('\\'), expression.split_once('[')) {
        (Some(_), _) => expression.split_once(' ').map_or((expression, ""), |(name, range)| (name, range)),
        (None, Some((name, _))) => (name, &expression[name.len()..]),
        (None, None) => (expression, ""),
    };
    let space = if name.starts_with('\\') { " " } else { "" };
    let bit = |at: usize| format!("{name}{space}[{at}]");
    if let Some(range) = range.strip_prefix('[') {
        let (high, low) =
            range.strip_suffix(']').map(|range| range.split_once(':').unwrap_or((range, range)))?;
        let (high, low): (usize, usize) = (high.parse().ok()?, low.parse().ok()?);
        return Some((low..=high).rev().map(bit).collect());
    }
    let width = ports.iter().find(|(port, ..)| port == name).map_or(1, |(_, width, _)| *width);
    Some(if width == 1 { vec![format!("{name}{space}")] } else { (0..width).rev().map(bit).collect() })
}

/// The bits of a constant of Verilog in base 2 or 16; those that may be anything are zero.
fn constant(width: usize, digits: &str) -> Option<Vec<String>> {
    let each = if digits.starts_with('h') { 4 } else { 1 };
    let digits = digits.strip_prefix(['h', 'b'])?;
    let of = |digit: char| match digit {
        'x' | 'z' => Some(0),
        _ => digit.to_digit(1 << each),
    };
    let digits: Vec<u32> = digits.chars().map(of).collect::<Option<_>>()?;
    let bit = |at: usize| digits.iter().rev().nth(at / each).map_or(0, |digit| digit >> (at % each) & 1);
    Some((0..width).rev().map(|at| format!("1'h{}", bit(at))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_has_its_assignment_and_other_lines_stay() {
        let ports = vec![("value".to_owned(), 8, false), ("full".to_owned(), 2, true)];
        let netlist = "module m;\n  assign { value[7:6], value[3] } = 3'h5;\n  assign value[0] = a;\n  \
                       assign { value[5:4], \\x[1] , b } = { full, 2'b0x };\n";
        let expected = "module m;\n  assign value[7] = 1'h1;\n  assign value[6] = 1'h0;\n  assign value[3] = 1'h1;\n  \
                        assign value[0] = a;\n  assign value[5] = full[1];\n  assign value[4] = full[0];\n  \
                        assign \\x[1]  = 1'h0;\n  assign b = 1'h0;\n";
        assert_eq!(by_bits(netlist, &ports), Ok(expected.to_owned()));
        let odd = "  assign { value[7:6], value[3] } = 2'h1;";
        assert_eq!(by_bits(odd, &ports), Err(odd.trim().to_owned()));
    }
}
