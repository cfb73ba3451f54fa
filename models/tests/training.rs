//! The default recipe, in the minutes that it takes: `cargo test --release -p offramp-models --test training -- --ignored --nocapture`.

use models::record::preset;
use models::train::{Recipe, Trainer};

#[test]
#[ignore = "trains for five CPU minutes"]
fn the_default_recipe_makes_a_network_worth_simulating() {
    let recipe: Recipe = preset("albert-mini").unwrap();
    let mut trainer = Trainer::new(recipe).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    while let Some(progress) = trainer.step(threads) {
        if progress.step % 500 == 0 {
            println!("{progress:?}");
        }
    }
    let trained = trainer.trained(threads).unwrap();
    let metrics = &trained.metrics;
    println!("{metrics:#?}");
    // Seeds tried are in the head of `models::train`; the standard error of 2000 sentences at 97 % is 0.4 %.
    assert!(metrics.accuracy.last().is_some_and(|accuracy| *accuracy >= 0.97));
    assert!(metrics.exit_accuracy >= 0.97);
    assert!(metrics.encoder_sparsity >= 0.6);
    assert!(metrics.spans.iter().sum::<u32>() < 4 * 18, "of 22 tokens at most");
    let exits: Vec<f64> = metrics.difficulties.iter().map(|exits| exits.mean_exit).collect();
    assert!(exits.is_sorted() && exits[0] < 1.5 && exits[3] > exits[0] + 1.0, "{exits:?}");
}
