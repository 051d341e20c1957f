//! What is measured: along which axis, and at which points of it.

use std::error::Error;
use std::thread;

use crate::cpu::SERVER_CPU;
use crate::plot::Scale;

use super::Extent;
use super::load::{Load, Work};
use super::report::Figure;
use super::server::{Form, Model};

/// Points along one axis.
pub struct Sweep {
    /// Its name as a word of the command, and the name of its plot.
    pub name: &'static str,
    pub title: &'static str,
    /// What is the same at every point.
    pub about: String,
    /// What the points differ in.
    pub axis: &'static str,
    pub scale: Scale,
    /// The figures that are drawn, each beside the other.
    pub figures: &'static [(Figure, Scale)],
    pub points: Vec<Point>,
}

/// One server under one load.
pub struct Point {
    /// What it is compared within, where a sweep has several.
    pub group: String,
    /// Where it stands on the axis.
    pub at: usize,
    pub form: Form,
    pub load: Load,
}

impl Point {
    /// The descriptors that either side needs, with some to spare.
    pub fn descriptors(&self) -> u64 {
        u64::try_from(self.load.connections + 64).unwrap_or(u64::MAX)
    }
}

/// One connection with one call in flight, the client on a CPU of its own.
const LIGHT: Load =
    Load { connections: 1, in_flight: 1, work: Work::Add, threads: 1, cpu: Some(SERVER_CPU + 1) };

/// Every sweep.
pub fn all(extent: Extent) -> Result<Vec<Sweep>, Box<dyn Error>> {
    /// Some 50 µs.
    const STEPS: u32 = 25_000;
    let cpus = thread::available_parallelism()?.get();
    Ok(vec![
        connections(extent),
        in_flight(extent),
        payload(extent),
        functions(extent),
        workers("workers", "A function that computes some 50 µs", Work::Compute(STEPS), cpus),
        workers("workers-add", "add(1, 2, c=3)", Work::Add, cpus),
    ])
}

fn connections(extent: Extent) -> Sweep {
    const CALLERS: usize = 64;
    let load = |at: usize| Load { connections: at, in_flight: at.min(CALLERS), ..LIGHT };
    Sweep {
        name: "connections",
        title: "Connections",
        about: format!(
            "add(1, 2, c=3), a call in flight on each connection up to {CALLERS}; from there on on \
             {CALLERS} of them at a time, which take turns. Event loop, each end on its own CPU."
        ),
        axis: "connections",
        scale: Scale::Log,
        figures: &[
            (Figure::Rate, Scale::Linear),
            (Figure::P99, Scale::Log),
            (Figure::Memory, Scale::Bytes),
        ],
        points: along(extent.steps(1, 10, 4, 10_000), Form::USUAL, load),
    }
}

fn in_flight(extent: Extent) -> Sweep {
    Sweep {
        name: "in-flight",
        title: "Calls in flight on one connection",
        about:
            "add(1, 2, c=3), as many callers as there are calls in flight. Asynchronous client, \
                event loop, each end on its own CPU."
                .to_owned(),
        axis: "calls in flight",
        scale: Scale::Log,
        figures: &[
            (Figure::Rate, Scale::Linear),
            (Figure::P99, Scale::Log),
            (Figure::ServerCpu, Scale::Linear),
        ],
        points: along(extent.steps(1, 4, 2, 1024), Form::USUAL, |at| Load {
            in_flight: at,
            ..LIGHT
        }),
    }
}

fn payload(extent: Extent) -> Sweep {
    Sweep {
        name: "payload",
        title: "Payload",
        about: "echo of text, one call in flight on one connection. Event loop, each end on its \
                own CPU."
            .to_owned(),
        axis: "text, each way",
        scale: Scale::Bytes,
        figures: &[
            (Figure::Rate, Scale::Log),
            (Figure::P99, Scale::Log),
            (Figure::Memory, Scale::Bytes),
        ],
        points: along(extent.steps(64, 8, 2, 8 << 20), Form::USUAL, |at| Load {
            work: Work::Echo(at),
            ..LIGHT
        }),
    }
}

fn functions(extent: Extent) -> Sweep {
    let mut sweep = Sweep {
        name: "functions",
        title: "Functions",
        about: "Calls by name that go round all functions of the registry, 16 in flight on one \
                connection. Event loop, each end on its own CPU."
            .to_owned(),
        axis: "functions",
        scale: Scale::Log,
        figures: &[
            (Figure::ServerCpu, Scale::Linear),
            (Figure::P99, Scale::Linear),
            (Figure::Memory, Scale::Bytes),
        ],
        points: along(extent.steps(1, 10, 4, 10_000), Form::USUAL, |at| Load {
            in_flight: 16,
            work: Work::Spread(at),
            ..LIGHT
        }),
    };
    for point in &mut sweep.points {
        point.form.functions = point.at;
    }
    sweep
}

/// Every model that can have several workers, with up to one for each CPU.
fn workers(name: &'static str, what: &str, work: Work, cpus: usize) -> Sweep {
    const CALLERS: usize = 16;
    let mut points = Vec::new();
    for model in Model::ALL {
        let powers = (0..).map(|power| 1 << power).take_while(|workers| *workers < cpus);
        for workers in powers.chain([cpus]) {
            // A prefork worker serves one connection at a time.
            let connections = match model {
                Model::Prefork => workers,
                Model::EventLoop | Model::PreforkEventLoop => CALLERS * workers,
            };
            let in_flight = CALLERS * workers;
            let load = Load { connections, in_flight, work, threads: cpus, cpu: None };
            let form = Form { model, workers, functions: 0, pinned: false };
            points.push(Point { group: model.name().to_owned(), at: workers, form, load });
        }
    }
    Sweep {
        name,
        title: "Workers",
        about: format!(
            "{what}, {CALLERS} calls in flight for each worker: on as many connections, or on one for \
             each worker of prefork, which serves one at a time. Servers and clients share {cpus} CPUs."
        ),
        axis: "workers",
        scale: Scale::Log,
        figures: &[(Figure::Rate, Scale::Linear)],
        points,
    }
}

/// One form of server under loads that differ in one thing.
fn along(at: Vec<usize>, form: Form, load: impl Fn(usize) -> Load) -> Vec<Point> {
    let point = |at| Point { group: String::new(), at, form, load: load(at) };
    at.into_iter().map(point).collect()
}

impl Extent {
    /// Steps from the first to the last by a factor, which is smaller in a full run.
    fn steps(self, first: usize, factor: usize, fine: usize, last: usize) -> Vec<usize> {
        let factor = if self.full { fine } else { factor };
        let mut steps: Vec<usize> = Vec::new();
        let mut step = first;
        while step < last {
            steps.push(step);
            step *= factor;
        }
        steps.push(last);
        steps
    }
}
