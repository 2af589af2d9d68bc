use std::sync::Arc;
use std::thread;

use burn::tensor::{Device, Tensor};

use super::{CollectiveError, Meeting, Member, on_processor};

fn vector(numbers: &[f32]) -> Tensor<1> {
    Tensor::from_floats(numbers, &Device::flex())
}

fn numbers(vector: &Tensor<1>) -> Vec<f32> {
    vector.clone().into_data().iter::<f32>().collect()
}

/// What each member of a group of `count` comes to, each in a thread of its own.
fn together<T: Send + 'static>(
    count: usize,
    work: impl Fn(Member) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let work = Arc::new(work);
    let threads: Vec<_> = on_processor(count)
        .into_iter()
        .map(|member| {
            let work = work.clone();
            thread::spawn(move || work(member))
        })
        .collect();
    let join = |thread: thread::JoinHandle<T>| thread.join().expect("no member panics");
    threads.into_iter().map(join).collect()
}

#[test]
fn every_member_gets_the_same_sums_round_after_round() {
    const ROUNDS: usize = 200;
    let found = together(3, |member| {
        let own = member.number() as f32;
        let mut rounds = Vec::new();
        for round in 0..ROUNDS {
            let scale = round as f32;
            // Added in another order, the first number could be 1.
            let parts = [1e8, 1.0, -1e8];
            let vectors = [vector(&[parts[member.number()], own]), vector(&[scale])];
            let sums = member.sum(vectors).expect("all are there");
            rounds.push(sums.iter().flat_map(numbers).collect::<Vec<f32>>());
        }
        member.finish();
        rounds
    });
    for rounds in found {
        for (round, sums) in rounds.iter().enumerate() {
            assert_eq!(*sums, [(1e8_f32 + 1.0) - 1e8, 3.0, 3.0 * round as f32]);
        }
    }
}

#[test]
fn one_member_alone_gets_what_it_brings() {
    let [member] = on_processor(1).try_into().expect("one was asked for");
    let sums = member.sum([vector(&[2.5]), vector(&[])]);
    let sums = sums.expect("nobody is missing");
    assert_eq!(
        sums.iter().map(numbers).collect::<Vec<_>>(),
        [vec![2.5], vec![]]
    );
}

#[test]
fn who_waits_for_one_that_goes_away_is_told() {
    let found = together(3, |member| {
        if member.number() == 1 {
            return None;
        }
        let sums = member.sum([vector(&[1.0])]).err();
        assert_eq!(member.failure(), sums);
        sums
    });
    let gone = Some(CollectiveError::Gone { member: 1 });
    assert_eq!(found, [gone.clone(), None, gone]);
}

#[test]
fn one_that_has_finished_is_missed_by_whoever_goes_on() {
    let found = together(2, |member| {
        let first = member.sum([vector(&[1.0])]);
        assert_eq!(numbers(&first.expect("both are there")[0]), [2.0]);
        if member.number() == 0 {
            member.finish();
            return None;
        }
        member.sum([vector(&[1.0])]).err()
    });
    assert_eq!(found, [None, Some(CollectiveError::Gone { member: 0 })]);
}

#[test]
fn vectors_of_other_lengths_are_told_to_all() {
    let found = together(3, |member| {
        let own: &[f32] = if member.number() == 2 {
            &[1.0]
        } else {
            &[1.0, 2.0]
        };
        member.sum([vector(own)]).err()
    });
    let unequal = CollectiveError::Unequal {
        member: 2,
        found: vec![1],
        expected: vec![2],
    };
    assert_eq!(found, vec![Some(unequal); 3]);
}

#[test]
fn a_panic_of_the_one_that_works_for_all_ends_the_group() {
    let meeting = Arc::new(Meeting::<(), ()>::new(2));
    let other = meeting.clone();
    let waiting = thread::spawn(move || other.meet(0, (), |_| panic!("on purpose")));
    let found = meeting.meet(1, (), |_| panic!("on purpose"));
    let waited = waiting.join().expect("the panic is caught");
    assert!(
        matches!(found, Err(CollectiveError::Device { .. })),
        "{found:?}"
    );
    assert_eq!(found, waited);
}
