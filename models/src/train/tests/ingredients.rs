//! A run of the recipe `tiny`, for what training achieves.

use super::*;
use crate::train::net::Mask;

/// Mean divergence of a student's answers from its teacher's over the test sentences, nats.
fn divergence(trainer: &Trainer) -> f64 {
    let sentences = trainer.source.test(&trainer.recipe);
    let teacher = trainer.teacher.clone().unwrap();
    let teacher = trainer.test(&teacher, &Mask::None, &sentences, 2).unwrap();
    let student = trainer.effective();
    let student = trainer.test(&student, &trainer.mask(&student), &sentences, 2).unwrap();
    let shares = |row: &[f64]| {
        let last = &row[row.len() - grammar::LABELS.len()..];
        let sum: f64 = last.iter().map(|x| x.exp()).sum();
        [last[0].exp() / sum, last[1].exp() / sum]
    };
    let one = |(teacher, student): (&[f64], &[f64])| {
        let (teacher, student) = (shares(teacher), shares(student));
        teacher.iter().zip(student).map(|(t, s)| t * (t / s).ln()).sum::<f64>()
    };
    teacher.rows().zip(student.rows()).map(one).sum::<f64>() / sentences.len() as f64
}

/// One teacher, and two students of it that differ in distillation alone.
#[test]
fn each_ingredient_does_its_work() {
    let recipe: Recipe = preset("tiny").unwrap();
    let mut trainer = Trainer::new(recipe.clone()).unwrap();
    while trainer.stage() == Stage::Teacher {
        trainer.step(2);
    }
    let mut alone = trainer.clone();
    alone.recipe.distillation.share = 0.0;
    let [trainer, alone] = [trainer, alone].map(|trainer| finished(trainer, 2));
    let trained = trainer.trained(2).unwrap();
    let metrics = &trained.metrics;
    // It learns: chance is 0.5, whose standard error over 400 sentences is 0.025.
    assert!(metrics.teacher_accuracy > 0.65 && metrics.exit_accuracy > 0.65, "{metrics:?}");
    // Spans start at 24 tokens, beyond every sentence.
    let mean = metrics.spans.iter().sum::<u32>() as f64 / metrics.spans.len() as f64;
    assert!(mean < 14.0, "{:?}", metrics.spans);
    // 80 % of 4 x 32 x 32 and 2 x 32 x 64 weights; of a matrix at most half a weight is rounded off.
    assert!((metrics.encoder_sparsity - recipe.pruning.sparsity).abs() < 0.5 / 1024.0, "{metrics:?}");
    assert!(
        (metrics.embedding_sparsity - recipe.pruning.embedding_sparsity).abs() < 0.5 / 512.0,
        "{metrics:?}"
    );
    // What the grammar makes hard leaves late.
    let exits: Vec<f64> = metrics.difficulties.iter().map(|exits| exits.mean_exit).collect();
    assert!(exits.is_sorted() && exits[3] > exits[0] + 0.5, "{exits:?}");
    // Who is distilled answers more as the teacher does.
    assert!(
        divergence(&trainer) < 0.9 * divergence(&alone),
        "{} {}",
        divergence(&trainer),
        divergence(&alone)
    );
    agrees_with_the_reference(&trained);
}
