// A server on this machine that answers as a test wants.
import { createServer } from "node:http";

export const KEY = `heed_${"k".repeat(43)}`;
export const JANE = "jane.doe@example.com";
export const RECIPIENT = "3zvsuytgjqa66cdh7rajwddfky";

/**
 * Serves until the test ends. Each request gets the next answer; the last one repeats.
 *
 * An answer is an object, which becomes JSON with 200, or a function of the request, its body and the response.
 */
export async function serve(test, ...answers) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = parts.length ? JSON.parse(Buffer.concat(parts)) : undefined;
    requests.push({ method: request.method, url: request.url, headers: request.headers, body });
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    if (typeof answer === "function") answer(body, response);
    else respond(response, 200, answer);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, requests };
}

export function respond(response, status, content, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(typeof content === "string" ? content : JSON.stringify(content));
}

/** Returns an answer with a status. */
export function answering(status, content = {}, headers = {}) {
  return (_, response) => respond(response, status, content, headers);
}

/** The result of a person who may be mailed. */
export function yes(address, recipient = RECIPIENT) {
  return { address, recipient, sendable: true, reason: "ok", since: null, source: null, until: null };
}

/** Answers a check with "yes" for everybody. */
export function yesToAll({ addresses, recipients }, response) {
  const results = addresses?.map((address) => yes(address)) ?? recipients.map((each) => yes(null, each));
  respond(response, 200, { as_of: "2026-03-05T09:12:44.390Z", results });
}
