//! The page that shows functions and calls them: its files, which stand in the program, and how a browser is given them.
//!
//! Nothing in it is made for a server or a request. What it shows it asks by calls, which go through the layers as those
//! of anybody do.

use std::hash::{DefaultHasher, Hasher};

use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};

use super::body::ReplyBody;
use super::coding::coded;

/// A file of the page: its name, type and text.
type File = (&'static str, &'static str, &'static str);

/// Files of a type, by their names.
macro_rules! files {
    ($content_type:literal: $($name:literal)*) => {
        &[$(($name, $content_type, include_str!(concat!("docs_page/", $name)))),*]
    };
}

const PAGE: File = ("page.html", "text/html; charset=utf-8", include_str!("docs_page/page.html"));
const STYLES: &[File] = files!["text/css; charset=utf-8": "page.css"];
const SCRIPTS: &[File] = files![
    "text/javascript; charset=utf-8":
    "call.js" "dom.js" "form.js" "function_view.js" "functions.js" "inputs.js" "json.js" "languages.js"
    "markdown.js" "page.js" "schema.js" "snippets.js" "stats.js"
];

/// Everything the page may do: load its own files, and call the server that it has come from.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers a GET or HEAD of the page or one of its files; `None` for other paths.
///
/// The page is `/` and whatever ends in `/docs`, since a proxy or the program around the server may have put something
/// before it.
pub(super) fn answer(request: &Parts) -> Option<Response<ReplyBody>> {
    let (_, content_type, text) = file(request.uri.path())?;
    let tag = tag(text);
    let known = request.headers.get_all(IF_NONE_MATCH);
    let is_known = known.iter().any(|tags| is_among(&tag, tags.to_str().unwrap_or_default()));
    let mut response = if is_known {
        let mut response = Response::new(ReplyBody::default());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        coded(StatusCode::OK, text.into(), content_type, &request.headers)
    };
    let headers = response.headers_mut();
    let mut say = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    say(CONTENT_SECURITY_POLICY, POLICY);
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    say(REFERRER_POLICY, "no-referrer");
    // It is kept by the browser alone, and asked for each time: another version of the server has another page.
    say(CACHE_CONTROL, "private, no-cache");
    headers.extend(HeaderValue::try_from(tag).map(|tag| (ETAG, tag)));
    Some(response)
}

/// The file that a path asks for.
fn file(path: &str) -> Option<File> {
    if path == "/" {
        return Some(PAGE);
    }
    match path.rsplit_once("/docs")?.1 {
        "" | "/" => Some(PAGE),
        rest => {
            let name = rest.strip_prefix('/')?;
            STYLES.iter().chain(SCRIPTS).find(|(known, ..)| *known == name).copied()
        }
    }
}

/// What tells one text from another. It is weak, because a text may travel compressed.
fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Whether a tag is in a list of those that the browser has (RFC 9110, section 13.1.2).
fn is_among(tag: &str, list: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|known| strong(known) == strong(tag))
}

#[cfg(test)]
mod tests {
    use super::{PAGE, SCRIPTS, STYLES, file, is_among};

    #[test]
    fn a_path_is_a_file_whatever_stands_before_it() {
        let name = |path| file(path).map(|(name, ..)| name);
        for path in ["/", "/docs", "/docs/", "/api/docs", "/docs/docs/", "/docs/v2/docs"] {
            assert_eq!(name(path), Some("page.html"), "{path}");
        }
        for path in ["/docs/page.js", "/api/docs/page.js", "/docs/docs/page.js"] {
            assert_eq!(name(path), Some("page.js"), "{path}");
        }
        for path in
            ["", "*", "/api", "/docsx", "/docs/x", "/docs//page.js", "/page.js", "/docs/page.js/"]
        {
            assert_eq!(name(path), None, "{path}");
        }
    }

    #[test]
    fn every_file_that_is_named_is_there() {
        for (_, _, text) in SCRIPTS {
            for import in text.lines().filter_map(|line| line.split_once(" from './")) {
                let name = import.1.trim_end_matches("';");
                assert!(SCRIPTS.iter().any(|(known, ..)| *known == name), "{name}");
            }
        }
        for (name, ..) in STYLES {
            assert!(PAGE.2.contains(&format!("\"docs/{name}\"")), "{name}");
        }
    }

    #[test]
    fn a_tag_is_found_in_a_list() {
        for list in ["\"a\"", "W/\"a\"", "\"b\", W/\"a\"", " * "] {
            assert!(is_among("W/\"a\"", list), "{list}");
        }
        for list in ["", "\"b\"", "a", "W/"] {
            assert!(!is_among("W/\"a\"", list), "{list}");
        }
    }
}
