// Calls over the WebSocket that Node has built in, as a browser has it.

const socket = new WebSocket(`ws://localhost:${process.argv[2]}/rpc`);
const waiting = new Map();
let last = 0;

function call(method, ...params) {
  const id = ++last;
  socket.send(JSON.stringify({ jsonrpc: "2.0", method, params, id }));
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

socket.onmessage = ({ data }) => {
  const { id, result, error } = JSON.parse(data);
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  error ? reject(error) : resolve(result);
};
socket.onclose = ({ code, wasClean }) => console.log("close", code, wasClean);
socket.onopen = async () => {
  console.log(await call("add", 1, 2));
  const sums = await Promise.all([...Array(100).keys()].map((n) => call("add", n, 1)));
  console.log(sums.length, sums[99]);
  console.log((await call("repeat", "ü", 500_000)).length);
  await call("missing").catch(({ code }) => console.log(code));
  socket.close(1000);
};
