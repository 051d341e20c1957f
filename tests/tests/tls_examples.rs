//! The example programs over TLS, with a certificate that one of them makes.

use tests::{Folder, Running, example};

#[test]
fn the_examples_call_each_other_over_tls() {
    let folder = Folder::new();
    let into = folder.path().to_str().expect("a path in ASCII");
    let printed = Running::lines(example("dev_certificate").args(["--into", into]));
    assert!(printed[0].starts_with("sha256:"), "{printed:?}");
    let (certificate, key) = (folder.file("cert.pem"), folder.file("key.pem"));
    let mut server = example("server");
    server.args(["--listen", "127.0.0.1:0", "--tls-cert"]).arg(&certificate);
    let mut server = Running::start(server.arg("--tls-key").arg(&key));
    let listening = server.line();
    let address = listening.strip_prefix("listening ").expect(&listening);
    for (program, scheme) in [("client", "tls"), ("client", "https"), ("async_client", "wss")] {
        let mut client = example(program);
        client.args(["--connect", &format!("{scheme}://{address}"), "--ca"]).arg(&certificate);
        let lines = Running::lines(&mut client);
        assert_eq!(lines[0], "res: [6]", "{program} {scheme}");
    }
}
