//! A network that breaks: passes bytes on, and cuts connections wherever it likes.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rpc_core::transport::Address;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Stands between clients and a server, and cuts every connection after some bytes.
#[derive(Debug)]
pub struct CuttingProxy {
    address: SocketAddr,
    cuts: Arc<AtomicUsize>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How a connection is cut.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// Both sides are reset.
    Reset,
    /// Both sides see the end.
    End,
    /// The server sees the end, and what it still says arrives.
    HalfEnd,
}

impl CuttingProxy {
    /// Starts in front of a server.
    pub fn start(server: &Address) -> Self {
        let server = server.socket_addr().expect("a server that listens at a port");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a port");
        let cuts = Arc::new(AtomicUsize::new(0));
        let (end, ended) = oneshot::channel();
        let count = Arc::clone(&cuts);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let accepting = tokio::spawn(accept(listener, server, count));
                let _ = ended.await;
                accepting.abort();
            });
        });
        Self { address, cuts, end: Some(end), thread: Some(thread) }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections have been cut.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for CuttingProxy {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a proxy that works");
        }
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, cuts: Arc<AtomicUsize>) {
    listener.set_nonblocking(true).expect("a socket");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a runtime");
    let random = Arc::new(Random::default());
    while let Ok((client, _)) = listener.accept().await {
        let (random, cuts) = (Arc::clone(&random), Arc::clone(&cuts));
        tokio::spawn(async move {
            // A connection that breaks otherwise is cut too.
            let _ = pass_on(client, server, &random, &cuts).await;
        });
    }
}

/// Passes bytes on up to the cut.
async fn pass_on(
    mut client: TcpStream,
    server: SocketAddr,
    random: &Random,
    cuts: &AtomicUsize,
) -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(1);
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let cut = [Cut::Reset, Cut::End, Cut::HalfEnd][random.below(3)];
    // Either direction may be the one that is cut.
    let budgets = match (random.below(2), cut) {
        (0, _) | (_, Cut::HalfEnd) => (random.below(3000), usize::MAX),
        _ => (usize::MAX, random.below(1000)),
    };
    {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        {
            let mut up = pin!(copy(&mut from_client, &mut to_server, budgets.0));
            let mut down = pin!(copy(&mut from_server, &mut to_client, budgets.1));
            poll_fn(|task| {
                let is_over =
                    up.as_mut().poll(task).is_ready() || down.as_mut().poll(task).is_ready();
                if is_over { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        cuts.fetch_add(1, Ordering::Relaxed);
        if let Cut::HalfEnd = cut {
            to_server.shutdown().await?;
            let _ = timeout(PATIENCE, copy(&mut from_server, &mut to_client, usize::MAX)).await;
        }
    }
    if let Cut::Reset = cut {
        client.set_zero_linger()?;
        server.set_zero_linger()?;
    }
    Ok(())
}

/// Passes on so many bytes of one direction.
async fn copy(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, mut left: usize) -> io::Result<()> {
    let mut room = [0; 4096];
    while left > 0 {
        let most = left.min(room.len());
        match from.read(&mut room[..most]).await? {
            0 => break,
            count => {
                to.write_all(&room[..count]).await?;
                left -= count;
            }
        }
    }
    Ok(())
}

/// Numbers that follow no pattern, the same in every run.
#[derive(Debug, Default)]
struct Random(AtomicU64);

impl Random {
    fn below(&self, limit: usize) -> usize {
        // SplitMix64.
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap_or(0) % limit
    }
}
