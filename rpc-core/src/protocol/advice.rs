//! What to do about a peer that speaks text and no RPC.

/// Protocols that begin with text, by their first bytes, and what is to be done about them.
const TEXTS: [(&str, &str); 14] = [
    ("HTTP", "it is perhaps an HTTP server, which is called at an `http://` address"),
    (
        "SSH-",
        "it is an SSH server; connect to the RPC server's own port, through a tunnel (`ssh -L`) maybe",
    ),
    ("-ERR", "it is perhaps Redis; look whether the address is that of another service"),
    ("-NOAUTH", "it is perhaps Redis; look whether the address is that of another service"),
    ("-DENIED", "it is perhaps Redis; look whether the address is that of another service"),
    (
        "+OK",
        "it is perhaps Redis or a mail server; look whether the address is that of another service",
    ),
    (
        "220",
        "it is perhaps a mail or FTP server; look whether the address is that of another service",
    ),
    ("* OK", "it is perhaps a mail server; look whether the address is that of another service"),
    ("INFO {", "it is perhaps NATS; look whether the address is that of another service"),
    ("ERROR", "it is perhaps memcached; look whether the address is that of another service"),
    ("AMQP", "it is perhaps RabbitMQ; look whether the address is that of another service"),
    ("<", "it is perhaps a web page, or XML-RPC, which is spoken to at an `http://` address"),
    ("{", "it is perhaps JSON without a length before it, which `Framing::Raw` takes"),
    ("[", "it is perhaps JSON without a length before it, which `Framing::Raw` takes"),
];

/// What to do where a peer speaks text that begins so.
pub(super) fn advice(begins: &str) -> &'static str {
    let known = TEXTS.iter().find(|(start, _)| begins.starts_with(start));
    known.map_or("look whether the address is that of another service", |(_, advice)| advice)
}
