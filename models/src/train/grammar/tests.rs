use super::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const SEED: u64 = 7;

fn drawn(split: Split, count: u64) -> Vec<Sentence> {
    sentences(&mut ChaCha8Rng::seed_from_u64(SEED), split, 0..count, DIFFICULTIES)
}

#[test]
fn sentences_are_those_of_the_seed() {
    let first: Vec<String> = drawn(Split::Training, 4).into_iter().map(|s| s.text).collect();
    // Written down once: any machine must draw the same.
    assert_eq!(
        first,
        [
            "the novel is very dull",
            "this humour was not splendid for once",
            "despite the rather splendid plot, the ending was never vivid",
            "the viewer denies that the humour is more brilliant than the really bland dialogue"
        ]
    );
    assert_eq!(drawn(Split::Test, 100), drawn(Split::Test, 100));
}

#[test]
fn labels_are_balanced_at_every_difficulty() {
    for split in [Split::Training, Split::Test] {
        let all = drawn(split, 800);
        for difficulty in 0..DIFFICULTIES {
            let labels: Vec<usize> =
                all.iter().filter(|s| s.difficulty == difficulty).map(|s| s.label).collect();
            assert_eq!((labels.len(), labels.iter().sum()), (200, 100), "{difficulty}");
        }
    }
}

#[test]
fn difficulties_can_be_held_back() {
    for difficulties in 1..=DIFFICULTIES {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let all = sentences(&mut rng, Split::Training, 24..48, difficulties);
        let most = all.iter().map(|s| s.difficulty).max();
        assert_eq!(most, Some(difficulties - 1));
        assert_eq!(all.iter().map(|s| s.label).sum::<usize>(), 12);
    }
}

/// No pair of a test sentence is one of a training sentence, though all nouns and adjectives are in both.
#[test]
fn held_out_pairs_are_disjoint() {
    let of = |split| drawn(split, 40_000).into_iter().flat_map(|s| s.pairs).collect::<BTreeSet<_>>();
    let [training, test] = [Split::Training, Split::Test].map(of);
    assert!(training.is_disjoint(&test));
    let all = NOUNS.len() * (POSITIVE.len() + NEGATIVE.len());
    assert_eq!((training.len(), test.len()), (all * 4 / 5, all / 5));
    for pairs in [training, test] {
        let words: BTreeSet<&str> = pairs.iter().flat_map(|(noun, adjective)| [*noun, *adjective]).collect();
        assert_eq!(words.len(), NOUNS.len() + POSITIVE.len() + NEGATIVE.len());
    }
}

#[test]
fn sentences_hold_their_pairs_and_known_words() {
    let known = words();
    for sentence in drawn(Split::Training, 4000) {
        let words: Vec<&str> = sentence.text.split(' ').map(|word| word.trim_end_matches(',')).collect();
        assert!(words.iter().all(|word| known.contains(word)), "{}", sentence.text);
        for (noun, adjective) in &sentence.pairs {
            assert!(words.contains(noun) && words.contains(adjective), "{}", sentence.text);
        }
        let adjectives = words.iter().filter(|word| polarity(word).is_some()).count();
        assert_eq!(adjectives, sentence.pairs.len(), "{}", sentence.text);
    }
}

#[test]
fn sentences_are_of_the_length_that_is_said() {
    let tokens = |s: &Sentence| 2 + s.text.split(' ').count() + s.text.matches(',').count();
    let lengths: Vec<usize> = drawn(Split::Training, 20_000).iter().map(tokens).collect();
    let long = |slot: &str| {
        let operator = operator(slot).into_iter().flat_map(|of| [of.keeps, of.flips]);
        let words = operator.chain(filler(slot).map(|(all, _)| all)).flatten();
        words.map(|words| words.split(' ').count()).max().unwrap_or(1)
    };
    let templates = TEMPLATES.iter().flat_map(|all| all.iter());
    let longest = templates.map(|template| 2 + template.split(' ').map(long).sum::<usize>()).max();
    assert_eq!(longest, Some(LONGEST));
    assert!(lengths.iter().all(|length| *length <= LONGEST));
    let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
    assert!((12.0..14.0).contains(&mean), "{mean}");
    assert!((150..=175).contains(&words().len()), "{}", words().len());
}

fn polarity(word: &str) -> Option<bool> {
    if POSITIVE.contains(&word) { Some(true) } else { NEGATIVE.contains(&word).then_some(false) }
}

/// The last adjective.
fn by_adjective(text: &str) -> bool {
    text.split([' ', ',']).filter_map(polarity).next_back().unwrap()
}

/// The last adjective, turned by every negation of the text.
fn by_negation(text: &str) -> bool {
    let turns =
        ["not", "never", "nobody", "no", "anything", "deny", "denies", "doubt", "doubts", "less"].iter();
    let turns: usize = turns.map(|word| text.split([' ', ',']).filter(|w| w == word).count()).sum();
    by_adjective(text) != (turns - text.matches("not only").count()).is_multiple_of(2).eq(&false)
}

/// The clause that counts, by its last adjective and negations.
fn by_clause(text: &str) -> bool {
    let subordinate =
        |clause: &str| ["although", "despite", "even though"].iter().any(|word| clause.starts_with(word));
    match text.split_once(", ") {
        Some((first, main)) if subordinate(first) || main.starts_with("but") => by_negation(main),
        Some((main, second)) if subordinate(second) => by_negation(main),
        _ => by_negation(text),
    }
}

/// Each difficulty needs more than what solves the ones below: rules of growing insight solve one more each and are near chance on
/// the rest. 0.2 around chance is ten standard errors of 1000 sentences and more.
#[test]
fn each_difficulty_needs_more_insight() {
    let all = drawn(Split::Test, 4000);
    let share = |rule: fn(&str) -> bool, difficulty: usize| {
        let of: Vec<&Sentence> = all.iter().filter(|s| s.difficulty == difficulty).collect();
        let right = of.iter().filter(|s| usize::from(rule(&s.text)) == s.label).count();
        right as f64 / of.len() as f64
    };
    let rules: [fn(&str) -> bool; 3] = [by_adjective, by_negation, by_clause];
    for (rule, solved) in rules.into_iter().zip(0..) {
        for difficulty in 0..DIFFICULTIES {
            let share = share(rule, difficulty);
            if difficulty <= solved {
                assert!((share - 1.0).abs() < 1e-9, "rule {solved} at {difficulty}: {share}");
            } else {
                assert!((share - 0.5).abs() < 0.2, "rule {solved} at {difficulty}: {share}");
            }
        }
    }
}
