//! From the statements of a module to its processes: one per `assign` or `always` of the text.
//!
//! A read means the settled value of a signal, as in hardware. Statements that share a target share a process; a
//! process that would read what it writes is taken apart by target, so that a read never sees a value half way.

use super::error::{Error, Problem};
use super::module::{Kind, Module};
use super::statement::{Statement, keep};
use std::collections::{BTreeMap, BTreeSet};

/// Statements over a set of targets that no other process writes.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) targets: BTreeSet<String>,
    pub(super) reads: BTreeSet<String>,
    pub(super) body: Vec<Statement>,
}

/// The processes of a module.
pub(super) struct Processes {
    /// Without state, each after those whose targets it reads.
    pub(super) combinational: Vec<Process>,
    /// Of all registers: they take their next values at one edge, so their order is of no matter.
    pub(super) clocked: Option<Process>,
}

impl Process {
    fn new(body: Vec<Statement>) -> Process {
        let (mut targets, mut reads) = (BTreeSet::new(), BTreeSet::new());
        for statement in &body {
            statement.writes(&mut targets);
            statement.reads(&mut reads);
        }
        Process { targets, reads, body }
    }

    /// Whether it reads what it writes, or writes an instance's input under a condition.
    fn tangled(&self) -> bool {
        let input = |target: &String| target.contains('$');
        self.targets.len() > 1 && (!self.targets.is_disjoint(&self.reads) || self.targets.iter().any(input))
    }

    fn apart(self) -> Vec<Process> {
        let one = |target: &String| Process::new(keep(&self.body, &|name| name == target));
        if self.tangled() { self.targets.iter().map(one).collect() } else { vec![self] }
    }

    /// Target and value, if it is one assignment without condition.
    pub(super) fn plain(&self) -> Option<(&String, &super::Expr)> {
        match self.body.as_slice() {
            [Statement::Assign(target, value)] => Some((target, value)),
            _ => None,
        }
    }
}

/// The processes of a module.
///
/// # Errors
/// A signal that depends on itself within a cycle.
pub(super) fn processes(module: &Module) -> Result<Processes, Error> {
    let register = |name: &str| matches!(module.find(name).map(|s| &s.kind), Some(Kind::Register(_)));
    let body = &module.bodies[0];
    let clocked = Some(Process::new(keep(body, &register))).filter(|process| !process.body.is_empty());
    let loose = grouped(keep(body, &|name| !register(name)));
    let loose: Vec<Process> = loose.into_iter().flat_map(Process::apart).collect();
    let combinational = ordered(loose).map_err(|signal| Error {
        module: module.name.clone(),
        signal,
        problem: Problem::Loop,
    })?;
    Ok(Processes { combinational, clocked })
}

/// Statements put together where they share a target, in order of their first one.
fn grouped(body: Vec<Statement>) -> Vec<Process> {
    let mut groups: Vec<Option<Vec<Statement>>> = vec![];
    let mut group_of: BTreeMap<String, usize> = BTreeMap::new();
    for statement in body {
        let mut targets = BTreeSet::new();
        statement.writes(&mut targets);
        let joined: BTreeSet<usize> = targets.iter().filter_map(|t| group_of.get(t).copied()).collect();
        let home = joined.first().copied().unwrap_or(groups.len());
        groups.resize(groups.len().max(home + 1), None);
        for &other in joined.iter().skip(1) {
            let moved = groups[other].take().unwrap_or_default();
            groups[home].get_or_insert_default().extend(moved);
            group_of.values_mut().filter(|group| **group == other).for_each(|group| *group = home);
        }
        groups[home].get_or_insert_default().push(statement);
        group_of.extend(targets.into_iter().map(|target| (target, home)));
    }
    groups.into_iter().flatten().map(Process::new).collect()
}

/// Each process after the writers of what it reads, else in the order given; or a signal on a cycle.
fn ordered(processes: Vec<Process>) -> Result<Vec<Process>, String> {
    let writer: BTreeMap<String, usize> = processes
        .iter()
        .enumerate()
        .flat_map(|(at, p)| p.targets.iter().map(move |t| (t.clone(), at)))
        .collect();
    let mut state = vec![Visit::New; processes.len()];
    let mut order = vec![];
    for start in 0..processes.len() {
        visit(start, &processes, &writer, &mut state, &mut order)?;
    }
    let mut slots: Vec<Option<Process>> = processes.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|at| slots[at].take()).collect())
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    New,
    Open,
    Done,
}

/// Depth first from `start`, on a stack of its own: chains of wires can be long.
fn visit(
    start: usize,
    processes: &[Process],
    writer: &BTreeMap<String, usize>,
    state: &mut [Visit],
    order: &mut Vec<usize>,
) -> Result<(), String> {
    let mut stack = vec![start];
    while let Some(&at) = stack.last() {
        if state[at] == Visit::New {
            state[at] = Visit::Open;
            for read in &processes[at].reads {
                match writer.get(read).map(|&next| (next, state[next])) {
                    Some((next, Visit::New)) => stack.push(next),
                    Some((_, Visit::Open)) => return Err(read.clone()),
                    _ => {}
                }
            }
        } else {
            stack.pop();
            if state[at] == Visit::Open {
                state[at] = Visit::Done;
                order.push(at);
            }
        }
    }
    Ok(())
}
