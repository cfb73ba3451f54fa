//! dev
use models::design::{Design, Sparsity};
use models::program::{Command, Operation, Program, Stage};
use models::technology::Technology;
use rtl::emit::emit;
use sim::cli::cosim::case::edited;
use sim::cli::cosim::programs::check;

fn mini(mut program: Program) -> Program {
    let mut counts = [0_u32; 4];
    let mut word = None;
    let mut commands = Vec::new();
    for command in &program.commands {
        let mut c: Command = command.clone();
        if c.tag.stage != Stage::Embedding {
            continue;
        }
        match &mut c.operation {
            Operation::Gather(g) => {
                if word.is_none() {
                    word = Some(g.region);
                }
            }
            Operation::Matmul(m) => {
                m.rows.region = word.unwrap();
                m.rows.region.blocks = m.out.blocks;
            }
            Operation::Load(_) | Operation::Store(_) => {}
            _ => continue,
        }
        c.waits = counts;
        let unit = c.operation.unit().unwrap() as usize;
        c.waits[unit] = 0;
        counts[unit] += 1;
        commands.push(c);
    }
    let mut end = program.commands.last().unwrap().clone();
    end.waits = [0; 4];
    commands.push(end);
    program.commands = commands;
    program
}

#[test]
fn minis() {
    let technology: Technology = models::record::preset("edgebert-12nm").unwrap();
    let only: Option<u32> = std::env::var("N").ok().and_then(|t| t.parse().ok());
    let wave = std::env::var("WAVE").ok();
    for n in [4_u32, 8, 2, 16] {
        if only.is_some_and(|o| o != n) {
            continue;
        }
        for sparsity in [Sparsity::Skip, Sparsity::Gate, Sparsity::Dense] {
            if std::env::var("S").is_ok_and(|s| s != format!("{sparsity:?}")) {
                continue;
            }
            let mut design: Design = models::record::preset("offramp").unwrap();
            design.pu.n = n;
            design.pu.sparsity = sparsity;
            design.buffer.bytes = 1 << 14;
            design.buffer.pages = 8;
            let emitted = emit(&rtl::machine::machine(&design).unwrap()).unwrap();
            for index in [0, 3, 4, 7, 8] {
                let Some(case) = edited(index, 5, &design, &technology, mini).unwrap() else {
                    println!("no {index}");
                    continue;
                };
                println!(
                    "{} {sparsity:?}: {} commands, {} cycles",
                    case.name,
                    case.program.commands.len(),
                    case.run.cycles
                );
                let started = std::time::Instant::now();
                match check(&case, &emitted, wave.as_deref().map(std::path::Path::new)) {
                    Ok(checked) => println!(
                        "  {:?} {} compared, {:#?}",
                        started.elapsed(),
                        checked.compared,
                        checked.differences
                    ),
                    Err(error) => println!("  {error}"),
                }
            }
        }
    }
}
