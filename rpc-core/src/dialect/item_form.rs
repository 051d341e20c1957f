//! How the items of a call are written that travel as they come, and what is said behind the last of them.

use super::native;
#[cfg(feature = "http")]
use super::parts::append;

/// What the items of a call are written in, where they travel as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemForm {
    /// Messages of the native dialect, with many items each: `{"items":[3,2],"id":7}`.
    Messages,
    /// Events as browsers know them (`text/event-stream`), one for each item.
    #[cfg(feature = "http")]
    Events,
    /// Lines of JSON (`application/x-ndjson`), one for each item.
    #[cfg(feature = "http")]
    Lines,
}

impl ItemForm {
    /// Appends what stands before the first item of a part.
    pub(crate) fn begin_part(self, out: &mut Vec<u8>) {
        if self == Self::Messages {
            out.extend_from_slice(native::ITEMS);
        }
    }

    /// Appends what stands before an item, the first of which has the number 1.
    #[cfg_attr(
        not(feature = "http"),
        allow(clippy::ptr_arg, clippy::unused_self, unused_variables)
    )]
    pub(crate) fn begin_item(self, out: &mut Vec<u8>, number: u64) {
        match self {
            Self::Messages => {}
            #[cfg(feature = "http")]
            Self::Events => {
                out.extend_from_slice(b"id: ");
                append(out, &number);
                out.extend_from_slice(b"\ndata: ");
            }
            #[cfg(feature = "http")]
            Self::Lines => out.extend_from_slice(b"{\"item\":"),
        }
    }

    /// Appends what stands behind an item, whose text begins at `start`.
    #[cfg_attr(not(feature = "http"), allow(unused_variables))]
    pub(crate) fn end_item(self, out: &mut Vec<u8>, start: usize) {
        #[cfg(feature = "http")]
        if self != Self::Messages {
            on_one_line(&mut out[start..]);
        }
        out.extend_from_slice(match self {
            Self::Messages => b",",
            #[cfg(feature = "http")]
            Self::Events => b"\n\n",
            #[cfg(feature = "http")]
            Self::Lines => b"}\n",
        });
    }

    /// Ends a part with at least one item.
    pub(crate) fn end_part(self, out: &mut Vec<u8>, id: Option<&str>) {
        if self == Self::Messages {
            out.pop();
            native::end_items(out, id);
        }
    }

    /// The last part, whose message is the reply to the call.
    #[cfg(feature = "http")]
    pub(crate) fn end(self, mut reply: Vec<u8>) -> Vec<u8> {
        if self == Self::Messages {
            return reply;
        }
        on_one_line(&mut reply);
        if self == Self::Events {
            reply.splice(..0, *b"event: end\ndata: ");
            reply.push(b'\n');
        }
        reply.push(b'\n');
        reply
    }
}

/// Has a JSON text be one line. Line breaks stand between its words alone, since those in a string are escaped.
#[cfg(feature = "http")]
fn on_one_line(json: &mut [u8]) {
    for byte in json.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')) {
        *byte = b' ';
    }
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::ItemForm;

    /// A part of two items, the second of which was written over two lines.
    fn part(form: ItemForm) -> String {
        let mut out = Vec::new();
        form.begin_part(&mut out);
        for (number, item) in [(1, "\"a\\n\""), (2, "[1,\r\n2]")] {
            form.begin_item(&mut out, number);
            let start = out.len();
            out.extend_from_slice(item.as_bytes());
            form.end_item(&mut out, start);
        }
        form.end_part(&mut out, Some("7"));
        String::from_utf8_lossy(&out).into_owned()
    }

    fn end(form: ItemForm) -> String {
        String::from_utf8_lossy(&form.end(b"{\"res\":\nnull}".to_vec())).into_owned()
    }

    #[test]
    fn an_item_is_one_line_where_lines_tell_items_apart() {
        assert_eq!(part(ItemForm::Messages), "{\"items\":[\"a\\n\",[1,\r\n2]],\"id\":7}");
        assert_eq!(part(ItemForm::Events), "id: 1\ndata: \"a\\n\"\n\nid: 2\ndata: [1,  2]\n\n");
        assert_eq!(part(ItemForm::Lines), "{\"item\":\"a\\n\"}\n{\"item\":[1,  2]}\n");
        assert_eq!(end(ItemForm::Events), "event: end\ndata: {\"res\": null}\n\n");
        assert_eq!(end(ItemForm::Lines), "{\"res\": null}\n");
    }
}
