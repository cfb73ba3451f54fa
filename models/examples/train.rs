//! Trains a recipe and shows what comes out: `cargo run --release --example train [RECIPE] [KEY=VALUE]...`

use models::record;
use models::train::{Recipe, Trainer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (base, sets) = match arguments.split_first() {
        Some((base, sets)) => (base.as_str(), sets),
        None => ("albert-mini", &[][..]),
    };
    let (recipe, _) = record::resolve::<Recipe>(base, sets)?;
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
    let mut trainer = Trainer::new(recipe)?;
    let (mut loss, mut accuracy) = (0.0, 0.0);
    while let Some(progress) = trainer.step(threads) {
        loss += 0.002 * progress.loss;
        accuracy += 0.002 * progress.accuracy;
        if progress.step % 500 == 0 {
            println!(
                "{:?} {}/{}: loss {loss:.4}, accuracy {accuracy:.4}",
                progress.stage, progress.step, progress.steps
            );
            (loss, accuracy) = (0.0, 0.0);
        }
    }
    if let Some(trained) = trainer.trained(threads) {
        println!("{}", serde_json::to_string(&trained.metrics)?);
        for threshold in [0.05, 0.1, 0.2, 0.3] {
            let (all, difficulties) = trained.exits(threshold);
            let exits: Vec<String> =
                difficulties.iter().map(|exits| format!("{:.2}", exits.mean_exit)).collect();
            println!("{threshold}: accuracy {:.4}, exit {:.2} {exits:?}", all.accuracy, all.mean_exit);
        }
    }
    Ok(())
}
