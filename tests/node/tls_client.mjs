// Calls over TLS with what comes with Node: `tls_client.mjs PORT AUTHORITY`; for its WebSocket `NODE_EXTRA_CA_CERTS` names
// the authority, too.

import { readFileSync } from "node:fs";
import https from "node:https";
import tls from "node:tls";

const [port, authority] = process.argv.slice(2);
const ca = readFileSync(authority);
const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "add", params: [1, 2] });

function overTls() {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: "localhost", port, ca }, () => socket.write(call + "\n"));
    socket.once("data", (data) => {
      resolve(JSON.parse(data).result);
      socket.end();
    });
    socket.once("error", reject);
  });
}

const agent = new https.Agent({ ca, keepAlive: true });
function overHttps() {
  return new Promise((resolve, reject) => {
    const options = { host: "localhost", port, agent, method: "POST", headers: { "Content-Type": "application/json" } };
    const request = https.request(options, async (response) => {
      let body = "";
      for await (const part of response) body += part;
      resolve([JSON.parse(body).result, request.reusedSocket]);
    });
    request.once("error", reject);
    request.end(call);
  });
}

function overWebSocket() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://localhost:${port}/rpc`);
    socket.onopen = () => socket.send(call);
    socket.onmessage = ({ data }) => {
      resolve(JSON.parse(data).result);
      socket.close(1000);
    };
    socket.onerror = () => reject(new Error("no WebSocket"));
  });
}

console.log("tls", await overTls());
console.log("https", ...(await overHttps()));
console.log("https", ...(await overHttps()));
console.log("wss", await overWebSocket());
agent.destroy();
