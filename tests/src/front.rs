//! nginx and HAProxy, run in front of a server.

use std::env;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::foreign::missing;
use crate::{Folder, Process, until};

/// A program in front of a server, with the folder of its files. Dropping it ends it.
#[derive(Debug)]
pub struct Front {
    child: Child,
    address: SocketAddr,
    folder: Folder,
}

impl Front {
    /// Starts nginx; `configuration` is what stands in its block `http`, for the address to listen at. `None` where there is no
    /// nginx, and then says so.
    ///
    /// # Panics
    ///
    /// Where there is none and `CI` says that there must be.
    pub fn nginx(configuration: impl FnOnce(SocketAddr) -> String) -> Option<Self> {
        let program = installed("nginx")?;
        Some(Self::start(|folder, address| {
            let http = configuration(address);
            let text = format!(
                "daemon off; worker_processes 1; worker_shutdown_timeout 200ms; pid pid; lock_file lock;\n\
                 events {{ }}\n\
                 http {{\n\
                 access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n\
                 uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
                 {http}\n\
                 }}\n"
            );
            fs::write(folder.file("nginx.conf"), text).unwrap();
            let mut command = Command::new(program);
            command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
            // Where it finds the socket that it listens at: its standard input.
            command.env("NGINX", "0;");
            command
        }))
    }

    /// Starts HAProxy; `configuration` is what stands below its timeouts, and its `bind` is `fd@0`. `None` where there is
    /// no HAProxy, and then says so.
    ///
    /// # Panics
    ///
    /// Where there is none and `CI` says that there must be.
    pub fn haproxy(configuration: &str) -> Option<Self> {
        let program = installed("haproxy")?;
        Some(Self::start(|folder, _| {
            let text = format!(
                "defaults\n timeout connect 10s\n timeout client 60s\n timeout server 60s\n\
                 {configuration}\n"
            );
            let file = folder.file("haproxy.cfg");
            fs::write(&file, text).unwrap();
            let mut command = Command::new(program);
            command.arg("-db").arg("-f").arg(file);
            command
        }))
    }

    /// Starts a program with a socket that listens for its standard input, so that no port is taken by others meanwhile.
    fn start(command: impl FnOnce(&Folder, SocketAddr) -> Command) -> Self {
        let folder = Folder::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = File::create(folder.file("log")).unwrap();
        let mut command = command(&folder, address);
        command.stdin(OwnedFd::from(listener));
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { child, address, folder }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Has nginx read its configuration anew, and waits until its old worker has gone.
    pub fn reload(&self) {
        let nginx = Process(self.child.id());
        let mut old = Vec::new();
        until("nginx has a worker", || {
            old = nginx.children();
            !old.is_empty()
        });
        nginx.signal("HUP");
        until("nginx has another worker", || {
            let now = nginx.children();
            !now.is_empty() && !now.iter().any(|process| old.contains(process))
        });
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // nginx ends its workers itself.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = fs::read_to_string(self.folder.file("log")).unwrap_or_default();
            eprintln!("{:?} said:\n{log}", self.child.id());
        }
    }
}

/// Where a program is; users who are not root may not have its folder in `PATH`.
fn installed(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut programs = env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name));
    programs.find(|program| program.is_file()).or_else(|| missing(name))
}
