//! Holds the translation to tables: values both ways, and odd messages.

use super::{Encoding, Extensions, MethodCall, XmlRpcOptions, read_call, read_reply, write_result};
use crate::protocol::{Fault, Limits};

fn read(message: &str) -> Result<MethodCall, Fault> {
    read_call(message.as_bytes(), None, &Limits::default(), XmlRpcOptions::default())
}

fn call_of(value: &str) -> String {
    format!(
        "<?xml version='1.0'?>\n<methodCall><methodName>f</methodName>\n<params><param>{value}\
         </param></params></methodCall>"
    )
}

/// The JSON text of one argument.
fn argument(value: &str) -> String {
    let json = read(&call_of(value)).unwrap_or_else(|fault| panic!("{value}: {fault}")).positional;
    json.strip_prefix('[').unwrap().strip_suffix(']').unwrap().to_owned()
}

#[test]
fn every_type_is_read() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let xml = deep.replace('[', "<value><array><data>").replace(']', "</data></array></value>");
    let values = [
        ("<value><int>-12</int></value>", "-12"),
        ("<value><i4>2147483647</i4></value>", "2147483647"),
        ("<value><i4> +0005\n</i4></value>", "5"),
        ("<value><i8>-9223372036854775808</i8></value>", "-9223372036854775808"),
        ("<value><ex:i8>9007199254740993</ex:i8></value>", "9007199254740993"),
        ("<value><ex:i1>-128</ex:i1></value>", "-128"),
        ("<value><ex:i2>32767</ex:i2></value>", "32767"),
        ("<value><boolean>1</boolean></value>", "true"),
        ("<value><boolean> 0 </boolean></value>", "false"),
        ("<value><double>-12.214</double></value>", "-12.214"),
        ("<value><double>+1.</double></value>", "1.0"),
        ("<value><double>.5</double></value>", "0.5"),
        ("<value><double>1e+20</double></value>", "1e+20"),
        ("<value><ex:float>1.5</ex:float></value>", "1.5"),
        ("<value><string>a &lt;b&gt; &amp; &quot;c&apos;</string></value>", r#""a <b> & \"c'""#),
        ("<value><string/></value>", r#""""#),
        ("<value/>", r#""""#),
        ("<value>  text \\ \t </value>", r#""  text \\ \t ""#),
        ("<value><string> a </string></value>", r#"" a ""#),
        ("<value>caf&#233; &#x1F600;&#13;</value>", "\"café 😀\\r\""),
        ("<value>one\r\ntwo\rthree</value>", r#""one\ntwo\nthree""#),
        ("<value><![CDATA[<b>&amp;]]]]><![CDATA[></b>]]></value>", r#""<b>&amp;]]></b>""#),
        ("<value>a<!-- <int> -->b<?pi c?>c</value>", r#""abc""#),
        ("<value> <!-- --> <int>1</int> </value>", "1"),
        (
            "<value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value>",
            r#""19980717T14:08:55""#,
        ),
        ("<value><base64>\n  eW91\n  IGNh bg== </base64></value>", r#""eW91IGNhbg==""#),
        ("<value><nil/></value>", "null"),
        ("<value><ex:nil></ex:nil></value>", "null"),
        ("<value><array><data/></array></value>", "[]"),
        (
            "<value><array><data><value>a</value> <value><i4>1</i4></value></data></array></value>",
            r#"["a",1]"#,
        ),
        ("<value><struct></struct></value>", "{}"),
        (
            "<value><struct><member><name>b\"</name><value><i4>18</i4></value></member>\n\
             <member> <name>a</name> <value>x</value> </member></struct></value>",
            r#"{"b\"":18,"a":"x"}"#,
        ),
        (&xml, &deep),
    ];
    for (value, json) in values {
        assert_eq!(argument(value), json, "{value}");
    }
}

#[test]
fn a_call_may_have_no_params_and_white_space_anywhere() {
    for message in [
        "<methodCall><methodName>f</methodName></methodCall>",
        "<methodCall><methodName>f</methodName><params/></methodCall>",
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\" standalone='yes'?><!-- a --><?php b ?>\n\
         <methodCall  a='1' b=\"2\" >\n<methodName> f </methodName >\n<params>\n</params>\n\
         </methodCall>\n<!-- c -->\n",
        "\n<?xml version='1.0' encoding='US-ASCII'?>\n<methodCall><methodName>f</methodName></methodCall>",
        "\u{feff} \r\n\t<?xml version='1.0'?><methodCall><methodName>f</methodName></methodCall>",
    ] {
        let call = read(message).unwrap();
        assert_eq!((call.method.as_str(), call.positional.as_str()), ("f", "[]"), "{message}");
    }
}

#[test]
fn what_a_call_shows_of_its_writer_is_noticed() {
    let apache = format!(
        "<methodCall xmlns:ex='{}'><methodName>f</methodName></methodCall>",
        Extensions::NAMESPACE
    );
    for (message, extensions) in [
        (call_of("<value><int>1</int></value>"), Extensions::None),
        (call_of("<value><nil/></value>"), Extensions::Plain),
        (call_of("<value><i8>1</i8></value>"), Extensions::Plain),
        (call_of("<value><ex:i8>1</ex:i8></value>"), Extensions::Apache),
        (apache, Extensions::Apache),
    ] {
        assert_eq!(read(&message).unwrap().extensions, extensions, "{message}");
        let told = XmlRpcOptions { extensions: true, ..XmlRpcOptions::default() };
        let call = read_call(message.as_bytes(), None, &Limits::default(), told).unwrap();
        assert_ne!(call.extensions, Extensions::None);
    }
}

#[test]
fn a_trailing_struct_is_the_keywords_where_the_server_says_so() {
    let options = XmlRpcOptions { trailing_struct_as_keywords: true, ..XmlRpcOptions::default() };
    let member = "<member><name>c</name><value><int>3</int></value></member>";
    let given = format!("<value><struct>{member}</struct></value>");
    let one = "<value><int>1</int></value></param><param>";
    for (value, positional, keyword) in [
        (given.clone(), "[]", r#"{"c":3}"#),
        (format!("{one}{given}"), "[1]", r#"{"c":3}"#),
        (format!("{given}</param><param><value>x</value>"), r#"[{"c":3},"x"]"#, "{}"),
        ("<value/>".to_owned(), r#"[""]"#, "{}"),
    ] {
        let message = call_of(&value);
        let call = read_call(message.as_bytes(), None, &Limits::default(), options).unwrap();
        assert_eq!((call.positional.as_str(), call.keyword.as_str()), (positional, keyword));
        assert_eq!(read(&message).unwrap().keyword, "{}");
        let declared = "<methodCall xmlns:kw=\"urn:rpc-core:keywords\">";
        let said = read(&message.replacen("<methodCall>", declared, 1)).unwrap();
        assert_eq!((said.positional.as_str(), said.keyword.as_str()), (positional, keyword));
    }
}

#[test]
fn what_is_no_xml_is_a_parse_error() {
    let values = [
        "<value><int>1</value></int>",
        "<value>&nbsp;</value>",
        "<value>&bomb;</value>",
        "<value>&#0;</value>",
        "<value>&#xFFFE;</value>",
        "<value>&#xD800;</value>",
        "<value>&#x110000;</value>",
        "<value>&lt</value>",
        "<value>\u{1}</value>",
        "<value>\u{ffff}</value>",
        "<value><![CDATA[\u{8}]]></value>",
        "<value><![CDATA[open</value>",
        "<value><!-- open</value>",
        "<value a='1' a='2'/>",
        "<value a/>",
        "<?xml version='1.0'?><value/>",
    ];
    let messages = [
        "",
        "   ",
        "add",
        "{\"method_name\":\"add\"}",
        "<methodCall><methodName>f</methodName></methodCall>x",
        "<methodCall",
        "<methodCall>",
        "<methodCall></methodCall",
        "<methodCall><methodName>f</methodName>",
        "<!DOCTYPE methodCall><methodCall><methodName>f</methodName></methodCall>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><methodCall><methodName>&b;</methodName></methodCall>",
        "x<?xml version='1.0'?><methodCall><methodName>f</methodName></methodCall>",
        "<!-- --><?xml version='1.0'?><methodCall><methodName>f</methodName></methodCall>",
        " <?xml version='1.0'?> <?xml version='1.0'?><methodCall/>",
    ];
    let calls = values.iter().map(|value| call_of(value));
    for message in calls.chain(messages.map(str::to_owned)) {
        let fault = read(&message).unwrap_err();
        assert_eq!(fault.code(), -32700, "{message}: {fault}");
        assert!(fault.message().starts_with("not XML: "), "{message}: {fault}");
    }
}

#[test]
fn xml_that_is_no_call_is_an_invalid_request() {
    let values = [
        "<value><int>2147483648</int></value>",
        "<value><i4>-2147483649</i4></value>",
        "<value><i8>9223372036854775808</i8></value>",
        "<value><ex:i1>128</ex:i1></value>",
        "<value><int></int></value>",
        "<value><int>1.0</int></value>",
        "<value><int>1 2</int></value>",
        "<value><int>0x1</int></value>",
        "<value><boolean>true</boolean></value>",
        "<value><boolean>2</boolean></value>",
        "<value><double>NaN</double></value>",
        "<value><double>-inf</double></value>",
        "<value><double>1e400</double></value>",
        "<value><double>1,5</double></value>",
        "<value><base64>a*b=</base64></value>",
        "<value><nil>x</nil></value>",
        "<value>x<int>1</int></value>",
        "<value><int>1</int>x</value>",
        "<value><int>1</int><int>2</int></value>",
        "<value><foo>1</foo></value>",
        "<value><value>1</value></value>",
        "<value><string><b>x</b></string></value>",
        "<value><array><value>1</value></array></value>",
        "<value><array/></value>",
        "<value><struct><member><value>1</value><name>a</name></member></struct></value>",
        "<value><struct><member><name>a</name></member></struct></value>",
        "<value/><value/>",
        "1",
        "",
    ];
    let messages = [
        "<methodCall/>",
        "<methodCall><methodName>f</methodName></methodCall><methodCall/>",
        "<methodCall><params/><methodName>f</methodName></methodCall>",
        "<methodCall><methodName>f</methodName><params/><params/></methodCall>",
        "<methodResponse><params/></methodResponse>",
        "<html/>",
    ];
    let calls = values.iter().map(|value| call_of(value));
    for message in calls.chain(messages.map(str::to_owned)) {
        let fault = read(&message).unwrap_err();
        assert_eq!(fault.code(), -32600, "{message}: {fault}");
        assert!(fault.message().starts_with("not XML-RPC: "), "{message}: {fault}");
    }
}

#[test]
fn results_are_written_in_every_type() {
    let write = |json: &str, extensions| {
        let mut out = Vec::new();
        write_result(&mut out, "f", json, extensions)?;
        let xml = String::from_utf8(out).unwrap();
        let back = read_reply(xml.as_bytes(), Limits::default().max_depth).unwrap().unwrap();
        let (_, value) = xml.split_once("<value>").unwrap();
        let (value, _) = value.rsplit_once("</value>").unwrap();
        Ok::<_, Fault>((value.to_owned(), back))
    };
    for (json, value) in [
        ("1", "<int>1</int>"),
        ("-2147483648", "<int>-2147483648</int>"),
        ("true", "<boolean>1</boolean>"),
        ("false", "<boolean>0</boolean>"),
        ("1.5", "<double>1.5</double>"),
        ("1e20", "<double>100000000000000000000.0</double>"),
        ("-1.5e-7", "<double>-0.00000015</double>"),
        (r#""a<b>&\"]]>\r\n""#, "<string>a&lt;b&gt;&amp;\"]]&gt;&#13;\n</string>"),
        (r#""é😀""#, "<string>é😀</string>"),
        ("[]", "<array><data></data></array>"),
        (
            r#"{"b":1,"a<":[true]}"#,
            "<struct><member><name>b</name><value><int>1</int></value></member><member>\
             <name>a&lt;</name><value><array><data><value><boolean>1</boolean></value></data>\
             </array></value></member></struct>",
        ),
    ] {
        let (written, back) = write(json, Extensions::None).unwrap();
        assert_eq!(written, value);
        let values = [json, &back].map(serde_json::from_str::<serde_json::Value>);
        let [json, back] = values.map(Result::unwrap);
        assert_eq!(json, back, "{value}");
    }
    let structure = |members: &str| format!("<struct>{members}</struct>");
    let member = |value: &str| format!("<member><name>a</name><value>{value}</value></member>");
    let array = |value: &str| format!("<array><data><value>{value}</value></data></array>");
    for (json, none, plain, apache) in [
        (
            "2147483648",
            "<i8>2147483648</i8>".to_owned(),
            "<i8>2147483648</i8>".to_owned(),
            "<ex:i8>2147483648</ex:i8>".to_owned(),
        ),
        ("[null]", array("<string></string>"), array("<nil/>"), array("<ex:nil/>")),
        ("null", "<string></string>".into(), "<nil/>".into(), "<ex:nil/>".into()),
        (
            r#"{"a":null}"#,
            structure(""),
            structure(&member("<nil/>")),
            structure(&member("<ex:nil/>")),
        ),
    ] {
        assert_eq!(write(json, Extensions::None).unwrap().0, none);
        assert_eq!(write(json, Extensions::Plain).unwrap().0, plain);
        assert_eq!(write(json, Extensions::Apache).unwrap().0, apache);
    }
    let (written, back) =
        write(r#"{"b":null,"a":[1,{"b":null}],"c":null}"#, Extensions::None).unwrap();
    assert_eq!(back, r#"{"a":[1,{}]}"#, "{written}");
    for (json, problem) in [
        ("9223372036854775808", "send it as a text"),
        ("1e400", "no finite number"),
        (r#""\u0000""#, "U+0000"),
        (r#"{"\u001f":1}"#, "U+001F"),
        (r#"["\uffff"]"#, "U+FFFF"),
        ("[1", "`f` has run, but its result cannot be sent"),
        ("1 2", "`f` has run, but its result cannot be sent"),
    ] {
        let fault = write(json, Extensions::Plain).unwrap_err();
        assert!(fault.message().contains(problem), "{fault}");
    }
}

#[test]
fn replies_of_other_servers_are_read() {
    let reply = |text: &str| read_reply(text.as_bytes(), Limits::default().max_depth);
    let fault = "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n\
         <name>faultCode</name>\n<value><int>4</int></value>\n</member>\n<member>\n<name>\
         faultString</name>\n<value>Too many parameters.</value>\n</member>\n</struct></value>\n\
         </fault>\n</methodResponse>\n";
    let fault = reply(fault).unwrap().unwrap_err();
    assert_eq!((fault.code(), fault.message()), (4, "Too many parameters."));
    let odd = "<methodResponse><fault><value>no</value></fault></methodResponse>";
    assert!(reply(odd).unwrap().unwrap_err().message().contains("\"no\""));
    let nothing = "<methodResponse><params/></methodResponse>";
    assert_eq!(reply(nothing).unwrap().unwrap(), "null");
    let value = "<methodResponse><params><param><value>x</value></param></params></methodResponse>";
    assert_eq!(reply(value).unwrap().unwrap(), "\"x\"");
    assert!(reply("<html><body>404</body></html>").is_err());
    assert!(reply("<methodResponse/>").is_err());
}

#[test]
fn a_content_types_charset_counts() {
    let message = b"<methodCall><methodName>\xe9</methodName></methodCall>";
    let read = |charset| read_call(message, charset, &Limits::default(), XmlRpcOptions::default());
    assert_eq!(read(Some(Encoding::Latin1)).unwrap().method, "é");
    assert_eq!(read(None).unwrap_err().code(), -32702);
    assert_eq!(read(Some(Encoding::Other)).unwrap_err().code(), -32701);
}
