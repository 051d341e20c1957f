//! MCP at the edge: a tool's call becomes a call like any other, and what comes of it a result.

use crate::dialect::{Dialect, FromServer, Request, read_reply};
use crate::mcp::{
    Asked, Catalog, Era, Mcp, Message, Refused, Shown, TOOLS_CALL, Tools, Wrapping, as_event,
    in_our_words, negotiate, read, write_error, write_failure, write_result, write_success,
};
use crate::protocol::json::Reader;
use crate::protocol::{Call, Fault, Limits, code};
use crate::registry::{AskedForTools, Dispatch, Progress, Reply, ResponseForm};

use super::answer::Answered;
use super::as_somebody::{As, identify_caller};
use super::budget::Budget;
use super::call::{run_function, run_guarded};
use super::layer::JsonRpc;
use super::session::{ByMcp, Session};

impl<D: Dispatch> JsonRpc<D> {
    /// Offers functions to language models as tools, by the Model Context Protocol (feature `mcp`): to those who post
    /// to the path `/mcp`, and in sessions [in MCP](crate::layer::Session::in_mcp).
    #[must_use]
    pub fn mcp(self, tools: Tools) -> Self {
        Self { mcp: Some(Mcp::new(tools)), ..self }
    }

    /// Whether functions are offered to language models.
    pub(crate) fn has_mcp(&self) -> bool {
        self.mcp.is_some()
    }

    /// Answers a message that is MCP's.
    #[cold]
    pub(super) fn answer_mcp(
        &self,
        mcp: &Mcp,
        way: ByMcp,
        message: &[u8],
        session: &mut Session,
        out: &mut Vec<u8>,
    ) -> Answered {
        let asked = match read(message, &session.limits) {
            Ok(Message::Asked(asked)) => asked,
            Ok(Message::Cancelled(id)) if way == ByMcp::Lines => {
                return Answered::Cancel { id: id.to_owned() };
            }
            Ok(_) => {
                answer_as(session, ResponseForm::Status(202));
                return Answered::Nothing;
            }
            Err(unread) => {
                session.context.unreadable(&unread.fault.for_log());
                answer_as(session, ResponseForm::Status(400));
                self.tell_refused(&session.context, "mcp", ("", unread.id), &unread.fault);
                write_error(out, unread.id, &in_our_words(&unread.fault));
                return if unread.is_broken { Answered::Broken } else { Answered::Reply };
            }
        };
        let mut identified;
        let session = match self.asks().map(|asks| identify_caller(asks, asked.method(), session)) {
            None => session,
            Some(As::Call(session)) => {
                identified = session;
                &mut *identified
            }
            Some(As::Later(asking)) => {
                let method = self.told_of(mcp, &asked);
                let what = (&*method, Some(asked.id));
                return self.asks_first(asking, &session.context, "mcp", what);
            }
            Some(As::Refused(fault)) => {
                self.tell_refused_mcp(mcp, &asked, session, &fault);
                write_error(out, Some(asked.id), &in_our_words(&fault));
                return Answered::Reply;
            }
            Some(As::Greeting(..)) => return Answered::Nothing,
        };
        let answered = self.answer_asked(mcp, way, &asked, session, out);
        answered.unwrap_or_else(|Refused { status, fault }| {
            if fault.code() == code::UNAUTHENTICATED {
                session.answer_unauthenticated();
            } else {
                answer_as(session, ResponseForm::Status(status));
            }
            self.tell_refused_mcp(mcp, &asked, session, &fault);
            write_error(out, Some(asked.id), &fault);
            Answered::Reply
        })
    }

    /// Tells of what is not looked into further.
    fn tell_refused_mcp(&self, mcp: &Mcp, asked: &Asked<'_>, session: &Session, fault: &Fault) {
        let what = (&*self.told_of(mcp, asked), Some(asked.id));
        self.tell_refused(&session.context, "mcp", what, fault);
    }

    /// By what name it is told of: that of its function, where it calls a tool.
    fn told_of(&self, mcp: &Mcp, asked: &Asked<'_>) -> String {
        let tool = (asked.method() == TOOLS_CALL).then(|| asked.text("name").ok().flatten());
        let tool = tool.flatten();
        let catalog = mcp.catalog(self.dispatch.registry());
        let found =
            tool.as_deref().and_then(|tool| catalog.ok()?.find(tool, &Shown::default()).ok());
        let function = found.map(|tool| tool.function.as_str()).or(tool.as_deref());
        function.unwrap_or(asked.method()).to_owned()
    }

    /// Appends a fault as the answer to a message, which need not be whole.
    pub(super) fn refuse_mcp(
        &self,
        message: &[u8],
        fault: &Fault,
        session: &Session,
        out: &mut Vec<u8>,
    ) {
        let read = read(message, &session.limits);
        let asked = match &read {
            Ok(Message::Asked(asked)) => Some(asked),
            _ => None,
        };
        match (&self.mcp, asked) {
            (Some(mcp), Some(asked)) => self.tell_refused_mcp(mcp, asked, session, fault),
            _ => self.tell_refused(&session.context, "mcp", ("", None), fault),
        }
        write_error(out, asked.map(|asked| asked.id), &in_our_words(fault));
    }

    fn answer_asked(
        &self,
        mcp: &Mcp,
        way: ByMcp,
        asked: &Asked<'_>,
        session: &mut Session,
        out: &mut Vec<u8>,
    ) -> Result<Answered, Refused> {
        let http = (way != ByMcp::Lines).then_some(&session.context);
        let era = Era::of(asked, http)?;
        let catalog = mcp
            .catalog(self.dispatch.registry())
            .map_err(|misuse| refused(Fault::new(code::INTERNAL_ERROR, misuse.to_string())))?;
        let tail = catalog.tail.in_era(era);
        let members = match (asked.method(), era) {
            ("tools/list", _) => {
                let shown = self.shown(AskedForTools::ToList, asked, session).map_err(refused)?;
                list(catalog, era, asked, &session.limits, &shown).map_err(refused)?
            }
            (TOOLS_CALL, _) => {
                return self.call_tool(catalog, era, asked, session, out).map_err(refused);
            }
            ("server/discover", Era::Modern) => discovered(catalog),
            ("subscriptions/listen", Era::Modern) => {
                listen(way, asked, tail, session, out);
                return Ok(Answered::Reply);
            }
            ("initialize", Era::Legacy) => initialized(catalog, asked).map_err(refused)?,
            ("ping", Era::Legacy) => String::new(),
            (method, _) => return Err(unknown(method, era)),
        };
        write_result(out, asked.id, &members, tail);
        Ok(Answered::Reply)
    }

    /// Which tools the caller is shown: it is asked through all layers, since one of them may know who calls.
    fn shown(
        &self,
        asked_for: AskedForTools,
        asked: &Asked<'_>,
        session: &Session,
    ) -> Result<Shown, Fault> {
        let Some(registry) = self.dispatch.registry() else { return Ok(Shown::default()) };
        let lists = registry.lists_allowed_only();
        let is_guarded = asked_for == AskedForTools::ToList && registry.guards_system();
        if !lists && !is_guarded {
            return Ok(Shown::default());
        }
        let mut names = Vec::new();
        let mut reply = Reply::new(&mut names);
        let call = Call { method: "system.listMethods".into(), ..Call::default() };
        let saying = asked.metadata().map(|metadata| session.saying(&metadata));
        let mut context = saying.as_ref().unwrap_or(session).context.with(asked_for);
        context.begin("mcp", None, 0);
        match run_guarded(&self.dispatch, &call, &context, &mut reply).into_progress() {
            Progress::Failed(fault) => Err(fault),
            Progress::Done => {
                let names = serde_json::from_str(reply.text()).unwrap_or_default();
                Ok(Shown { functions: lists.then_some(names), hides: registry.hides_denied() })
            }
            Progress::Cancelled | Progress::Later(_) => {
                let sentence =
                    "a layer has `system.listMethods` wait, so the tools cannot be listed";
                Err(Fault::new(code::INTERNAL_ERROR, sentence))
            }
        }
    }

    /// Runs a tool as the call of its function.
    fn call_tool(
        &self,
        catalog: &Catalog,
        era: Era,
        asked: &Asked<'_>,
        session: &mut Session,
        out: &mut Vec<u8>,
    ) -> Result<Answered, Fault> {
        let name = asked.text("name")?.ok_or_else(|| lacks(asked.method(), "name"))?;
        let tool = catalog.find(&name, &self.shown(AskedForTools::ToCall, asked, session)?)?;
        let arguments = asked.parameter("arguments").unwrap_or("{}");
        let moved = tool.by_position(arguments);
        let (positions, names) = match &moved {
            Some((positions, names)) => (&**positions, &**names),
            None => ("[]", arguments),
        };
        let call = Call::new(tool.function.as_str(), positions, names);
        let call =
            call.map_err(|_| Fault::invalid_params("the `arguments` of a tool are an object"))?;
        let id = Some(asked.id);
        let request = Request { dialect: ALONE, id, call, ..Request::default() };
        // The result stands in the reply, in what is structured, and perhaps in an object of its own.
        let budget = Budget::of_message(&session.limits).deeper().deeper().deeper();
        session.context.begin("mcp", None, budget.outer());
        let translation = Translation {
            id: asked.id.to_owned(),
            function: tool.function.clone(),
            wrapping: tool.wrapping,
            tail: catalog.tail.in_era(era).to_owned(),
            limit: session.limits.max_message_bytes,
        };
        let mut reply = Vec::new();
        let answered = match asked.metadata() {
            None => run_function(self, &request, &budget, session, &mut reply),
            Some(metadata) => {
                run_function(self, &request, &budget, &session.saying(&metadata), &mut reply)
            }
        };
        Ok(match answered {
            Answered::Asks(asking) => Answered::Asks(asking),
            Answered::Later(later) => {
                let later = later.of_call(Some(asked.id)).then(move |reply| {
                    let mut out = Vec::new();
                    translation.write(&mut out, &reply);
                    out
                });
                Answered::Later(later)
            }
            other => {
                translation.write(out, &reply);
                other
            }
        })
    }
}

/// The dialect in which what comes of a call is said first.
const ALONE: Dialect = Dialect::NativeWithoutIds;

/// Says by HTTP how the message is answered.
fn answer_as(session: &Session, form: ResponseForm) {
    if let Some(caller) = session.context.caller() {
        caller.answer_as(form);
    }
}

/// A request that is understood, and cannot be done.
fn refused(fault: Fault) -> Refused {
    Refused { status: 200, fault }
}

fn lacks(method: &str, parameter: &str) -> Fault {
    Fault::invalid_params(format!("`{method}` lacks `{parameter}`, a string"))
}

fn unknown(method: &str, era: Era) -> Refused {
    let method: String = method.chars().take(60).collect();
    let sentence = match era {
        Era::Modern => format!(
            "no method `{method}` of MCP is served here; there are `server/discover`, `tools/list`, \
             `tools/call` and `subscriptions/listen`"
        ),
        Era::Legacy => format!(
            "no method `{method}` of MCP is served here; there are `initialize`, `ping`, \
             `tools/list` and `tools/call`"
        ),
    };
    let status = if era == Era::Modern { 404 } else { 200 };
    Refused { status, fault: Fault::new(code::METHOD_NOT_FOUND, sentence) }
}

fn list(
    catalog: &Catalog,
    era: Era,
    asked: &Asked<'_>,
    limits: &Limits,
    shown: &Shown,
) -> Result<String, Fault> {
    let cursor = asked.text("cursor")?;
    // Half is enough for what stands around them.
    let (tools, next) = catalog.page(cursor.as_deref(), limits.max_message_bytes / 2, shown)?;
    let mut members = format!("\"tools\":{tools}");
    if let Some(next) = next {
        members.extend([",\"nextCursor\":\"", &next, "\""]);
    }
    if era == Era::Modern {
        members.push_str(NOT_KEPT);
    }
    Ok(members)
}

/// How long what is listed may be kept: another server may answer the next time.
const NOT_KEPT: &str = ",\"ttlMs\":0,\"cacheScope\":\"private\"";

const CAPABILITIES: &str = "\"capabilities\":{\"tools\":{}}";

fn discovered(catalog: &Catalog) -> String {
    let versions = Era::MODERN;
    format!(
        "\"supportedVersions\":[\"{versions}\"],{CAPABILITIES}{}{NOT_KEPT}",
        catalog.instructions
    )
}

fn initialized(catalog: &Catalog, asked: &Asked<'_>) -> Result<String, Fault> {
    let requested = asked.text("protocolVersion")?;
    let requested = requested.ok_or_else(|| lacks(asked.method(), "protocolVersion"))?;
    let (version, server) = (negotiate(&requested), &catalog.server_info);
    Ok(format!(
        "\"protocolVersion\":\"{version}\",{CAPABILITIES},\"serverInfo\":{server}{}",
        catalog.instructions
    ))
}

/// Says of what a client will be told, which is nothing: the tools of a server stay the same. By HTTP that is all,
/// and the subscription ends; a stream of lines has no end to wait for.
fn listen(way: ByMcp, asked: &Asked<'_>, tail: &str, session: &Session, out: &mut Vec<u8>) {
    let id = asked.id;
    let acknowledged = format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":\
         {{\"_meta\":{{\"io.modelcontextprotocol/subscriptionId\":{id}}},\"notifications\":{{}}}}}}"
    );
    if way == ByMcp::Lines {
        out.extend_from_slice(acknowledged.as_bytes());
        return;
    }
    let mut end = Vec::new();
    write_result(&mut end, id, "", tail);
    answer_as(session, ResponseForm::Events);
    out.extend_from_slice(&as_event(acknowledged.as_bytes()));
    out.extend_from_slice(&as_event(&end));
}

/// How a reply becomes a tool's result.
struct Translation {
    id: String,
    function: String,
    wrapping: Wrapping,
    tail: String,
    limit: usize,
}

impl Translation {
    /// Appends a reply.
    fn write(&self, out: &mut Vec<u8>, reply: &[u8]) {
        let start = out.len();
        let outcome = result_in(reply);
        let fault = match outcome {
            Ok(json) => {
                self.write_members(out, |members| write_success(members, json, self.wrapping));
                let size = out.len() - start;
                if size <= self.limit {
                    return;
                }
                let (function, limit) = (&self.function, self.limit);
                Fault::new(
                    code::REPLY_TOO_LARGE,
                    format!(
                        "`{function}` has run, but its result takes {size} bytes here, as text and \
                         as an object, over the limit of {limit}; ask for less at a time, or \
                         raise `Limits::max_message_bytes`"
                    ),
                )
            }
            Err(fault) => fault,
        };
        out.truncate(start);
        self.write_members(out, |members| write_failure(members, &fault));
    }

    fn write_members(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let mut members = Vec::new();
        write(&mut members);
        let members = String::from_utf8_lossy(&members);
        write_result(out, &self.id, &members, &self.tail);
    }
}

/// The result's text in a reply, or the fault.
fn result_in(reply: &[u8]) -> Result<&str, Fault> {
    let result = reply.strip_prefix(b"{\"res\":").and_then(|rest| rest.strip_suffix(b"}"));
    if let Some(result) = result.and_then(|result| Reader::text(result).ok()) {
        return Ok(result);
    }
    let fault = match read_reply(ALONE, reply, Limits::MAX_DEPTH) {
        Ok(FromServer::Reply(reply)) => reply.outcome.err(),
        _ => None,
    };
    Err(fault.unwrap_or_else(|| {
        let sentence = "the function has run, but what came of it is no result";
        Fault::new(code::INTERNAL_ERROR, sentence)
    }))
}
