//! However a connection is cut, a call has one outcome, which is true, and runs once at most.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rpc_core::{AsyncRpcClient, Error, FunctionRegistry, RpcClient, RpcServer, State, rpc_export};
use tests::{CuttingProxy, Model, run};
use tokio::task::JoinSet;

/// How often the call of each number has run.
#[derive(Debug)]
struct Runs(Vec<AtomicU8>);

impl Runs {
    const CALLS: usize = 2_000_000;

    fn new() -> Arc<Self> {
        Arc::new(Self((0..Self::CALLS).map(|_| AtomicU8::new(0)).collect()))
    }

    fn run(&self, call: u32) {
        self.0[call as usize].fetch_add(1, Ordering::SeqCst);
    }

    fn of(&self, call: u32) -> u8 {
        self.0[call as usize].load(Ordering::SeqCst)
    }
}

/// Runs at once.
#[rpc_export]
fn run_now(runs: State<Arc<Runs>>, call: u32) -> u32 {
    runs.run(call);
    call
}

/// Runs, and takes its time to say so.
#[rpc_export]
async fn run_and_wait(runs: State<Arc<Runs>>, call: u32) -> u32 {
    runs.run(call);
    // No runtime is asked for, since a thread may run this too.
    let mut polls = 0;
    std::future::poll_fn(|task| {
        polls += 1;
        task.waker().wake_by_ref();
        if polls > call % 8 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    call
}

/// May run twice.
#[rpc_export(idempotent)]
fn run_again(runs: State<Arc<Runs>>, call: u32) -> u32 {
    runs.run(call);
    call
}

/// What came of a call.
#[derive(Debug)]
struct Outcome {
    call: u32,
    is_idempotent: bool,
    result: Result<u32, Error>,
}

/// Answered calls, and lost ones that may and that cannot have run.
#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    may_have_run: usize,
    not_run: usize,
}

impl Tally {
    /// Compares what callers were told with what has run.
    fn check(&mut self, outcomes: Vec<Outcome>, runs: &Runs) {
        for Outcome { call, is_idempotent, result } in outcomes {
            let ran = runs.of(call);
            assert!(ran <= 1 || is_idempotent, "call {call} has run {ran} times");
            match result {
                Ok(number) => {
                    assert!(number == call && ran > 0, "{number} for call {call}");
                    self.answered += 1;
                }
                Err(error) if error.may_have_run() => self.may_have_run += 1,
                Err(error) => {
                    assert_eq!(ran, 0, "call {call} has run: {error}");
                    self.not_run += 1;
                }
            }
        }
    }
}

/// Calls from several threads until enough connections were cut.
fn with_blocking_clients(proxy: &CuttingProxy, numbers: &AtomicUsize, cuts: usize) -> Vec<Outcome> {
    let number = || u32::try_from(numbers.fetch_add(1, Ordering::Relaxed)).unwrap();
    let client = RpcClient::connect(proxy.address()).unwrap();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut outcomes = Vec::new();
                    let mut note = |call, is_idempotent, result| {
                        outcomes.push(Outcome { call, is_idempotent, result });
                    };
                    while proxy.cuts() < cuts {
                        let call = number();
                        note(call, true, client.run_again(call).call());
                        let call = number();
                        note(call, false, client.run_now(call).call());
                        let calls = [(); 4].map(|()| number());
                        let started = calls.map(|call| client.run_and_wait(call).start());
                        for (call, started) in calls.into_iter().zip(started) {
                            note(call, false, started.and_then(rpc_core::client::Pending::wait));
                        }
                    }
                    outcomes
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Calls from several tasks until enough connections were cut.
fn with_asynchronous_clients(
    proxy: &Arc<CuttingProxy>,
    numbers: &Arc<AtomicUsize>,
    cuts: usize,
) -> Vec<Outcome> {
    run(async {
        let client = AsyncRpcClient::connect(proxy.address()).await.unwrap();
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let (client, proxy, numbers) = (client.clone(), Arc::clone(proxy), Arc::clone(numbers));
            tasks.spawn(async move {
                let number = || u32::try_from(numbers.fetch_add(1, Ordering::Relaxed)).unwrap();
                let mut outcomes = Vec::new();
                let mut note = |call, is_idempotent, result| {
                    outcomes.push(Outcome { call, is_idempotent, result });
                };
                while proxy.cuts() < cuts {
                    let call = number();
                    note(call, true, client.run_again(call).call().await);
                    let call = number();
                    note(call, false, client.run_now(call).call().await);
                    // Given up, which must not make it run twice.
                    drop(client.run_now(number()).start());
                    let call = number();
                    note(call, false, client.run_and_wait(call).call().await);
                }
                outcomes
            });
        }
        let mut outcomes = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            outcomes.extend(ended.unwrap());
        }
        outcomes
    })
}

fn count_over(cuts: usize) {
    for model in Model::CONCURRENT {
        let runs = Runs::new();
        let mut registry = FunctionRegistry::exported();
        registry.share(Arc::clone(&runs));
        let server = model.start(RpcServer::of(registry).stop_timeout(Duration::from_secs(2)));
        let address = server.address();
        let numbers = Arc::new(AtomicUsize::new(0));
        let mut outcomes = Vec::new();
        let quarter = cuts.div_ceil(4);
        let proxy = Arc::new(CuttingProxy::start(&address));
        outcomes.extend(with_blocking_clients(&proxy, &numbers, quarter));
        outcomes.extend(with_asynchronous_clients(&proxy, &numbers, 2 * quarter));
        let cut = proxy.cuts();
        drop(proxy);
        // What has not run by then never will.
        drop(server);
        let mut tally = Tally::default();
        tally.check(outcomes, &runs);
        let made = numbers.load(Ordering::Relaxed);
        let twice = (0..u32::try_from(made).unwrap()).filter(|&call| runs.of(call) > 1).count();
        println!(
            "{model:?}: {made} calls, {cut} cuts, {tally:?}, {twice} idempotent ones run again"
        );
        assert!(cut >= 2 * quarter && tally.answered > made / 4 && tally.may_have_run > 0);
    }
}

#[test]
fn a_thousand_cuts() {
    count_over(1000);
}

#[test]
#[ignore = "takes half a minute"]
fn ten_thousand_cuts() {
    count_over(10_000);
}
