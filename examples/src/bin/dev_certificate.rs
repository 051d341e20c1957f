//! Makes a certificate for development, `cert.pem` and `key.pem`, and prints its fingerprint:
//! `dev_certificate [--into FOLDER] [NAME]…`.

use std::env;
use std::path::PathBuf;

use rpc_core::tls::DevCertificate;

const USAGE: &str = "usage: dev_certificate [--into FOLDER] [NAME]…";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut folder = PathBuf::new();
    let mut names = Vec::new();
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--into" => folder = arguments.next().ok_or(USAGE)?.into(),
            option if option.starts_with('-') => return Err(USAGE.into()),
            _ => names.push(argument),
        }
    }
    if names.is_empty() {
        names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    }
    let certificate = DevCertificate::new(names)?;
    certificate.write(folder.join("cert.pem"), folder.join("key.pem"))?;
    println!("{}", certificate.fingerprint());
    Ok(())
}
