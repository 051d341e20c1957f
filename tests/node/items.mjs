// Items of a call as a page has them, by `fetch`.

const url = `http://localhost:${process.argv[2]}/`;

async function* items(method, params, signal) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/x-ndjson" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    signal,
  });
  let text = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (text + part).split("\n");
    text = lines.pop();
    for (const line of lines.map((line) => JSON.parse(line))) {
      if ("item" in line) yield line.item;
      else if ("error" in line) throw line.error;
      else return;
    }
  }
  throw text ? JSON.parse(text).error : new Error("the stream was cut");
}

const all = [];
for await (const item of items("items_down", [5000])) all.push(item);
console.log(all.length, all[0], all[4999]);
for (const [method, params] of [["items_until_error", [2]], ["items_doan", [1]]]) {
  const before = [];
  try {
    for await (const item of items(method, params)) before.push(item);
  } catch ({ code }) {
    console.log(method, before.length, code);
  }
}
const leaving = new AbortController();
for await (const item of items("item_and_silence", [process.argv[3]], leaving.signal)) {
  console.log(item);
  break;
}
leaving.abort();
