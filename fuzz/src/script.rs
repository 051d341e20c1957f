//! A stream whose peer has said all it will ever say.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rpc_core::transport::Stream;

/// What a peer at 127.0.0.1 sends, cut into pieces, and what it is told.
#[derive(Debug, Clone)]
pub struct Script(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    rest: Vec<u8>,
    sizes: Vec<usize>,
    reads: usize,
    output: Vec<u8>,
}

impl Script {
    /// A peer that sends `bytes` in pieces of those sizes, over and over; whole where there are none.
    pub fn new(bytes: &[u8], sizes: &[usize]) -> Self {
        let (rest, sizes) = (bytes.to_vec(), sizes.to_vec());
        Self(Arc::new(Mutex::new(State { rest, sizes, reads: 0, output: Vec::new() })))
    }

    /// What has been written to the peer.
    pub fn output(&self) -> Vec<u8> {
        self.0.lock().expect("nothing panics meanwhile").output.clone()
    }
}

impl Stream for Script {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let state = &mut *self.0.lock().expect("nothing panics meanwhile");
        let size = match state.sizes.len() {
            0 => usize::MAX,
            count => state.sizes[state.reads % count],
        };
        state.reads += 1;
        let count = size.min(buffer.len()).min(state.rest.len());
        for (to, from) in buffer.iter_mut().zip(state.rest.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nothing panics meanwhile").output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        Ok(())
    }

    fn peer(&self) -> Option<SocketAddr> {
        Some((Ipv4Addr::LOCALHOST, 4711).into())
    }
}
