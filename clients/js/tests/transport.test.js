import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { Heed, NoAnswer, NotUnderstood, Refused } from "../index.js";
import { answering, JANE, KEY, serve, yesToAll } from "./server.js";

const people = { addresses: [JANE] };

function check(url, options) {
  return new Heed(url, KEY, options).check("offers", people);
}

for (const status of [429, 503]) {
  test(`after ${status} the same request is sent again`, async (t) => {
    const { url, requests } = await serve(t, answering(status, { message: "Service Unavailable" }), yesToAll);
    assert.equal((await check(url)).length, 1);
    assert.deepEqual(requests[0].body, requests[1].body);
  });
}

test("a request that gets no answer is sent again", async (t) => {
  const { url, requests } = await serve(t, (_, response) => response.destroy(), yesToAll);
  assert.equal((await check(url)).length, 1);
  assert.equal(requests.length, 2);
});

test("an answer that breaks off is no answer", async (t) => {
  const cut = (_, response) => {
    response.writeHead(200, { "Content-Length": "1000" });
    response.write('{"results": []}', () => response.destroy());
  };
  const { url, requests } = await serve(t, cut, yesToAll);
  assert.equal((await check(url)).length, 1);
  assert.equal(requests.length, 2);
});

test("the next attempt comes after Retry-After, and each wait is longer than the one before", async (t) => {
  const waits = [];
  const sleep = globalThis.setTimeout;
  t.mock.method(globalThis, "setTimeout", (resume, wait, ...more) => {
    if (resume.name === "") waits.push(wait);
    return sleep(resume, Math.min(wait, 1), ...more);
  });
  t.mock.method(Math, "random", () => 0);
  const { url, requests } = await serve(t, answering(503, {}, { "Retry-After": "3" }), answering(503));
  await assert.rejects(check(url), Refused);

  assert.equal(requests.length, 5);
  assert.deepEqual(waits, [3_250, 500, 1_000, 2_000]);
});

test("who shall wait longer than the client does gets the error at once", async (t) => {
  const problem = { type: "urn:heed:problem:unavailable", title: "", status: 503, detail: "Later" };
  const { url, requests } = await serve(t, answering(503, problem, { "Retry-After": "3600" }));
  const error = await check(url).catch((caught) => caught);

  assert.ok(error instanceof Refused);
  assert.deepEqual(
    [error.status, error.code, error.detail, error.retryAfter],
    [503, "unavailable", "Later", 3_600],
  );
  assert.equal(requests.length, 1);
});

test("attempts end when the patience does", async (t) => {
  const { url, requests } = await serve(t, answering(503, {}, { "Retry-After": "40" }));
  await assert.rejects(check(url, { patience: 30_000 }), Refused);
  assert.equal(requests.length, 1);
});

test("a server that is too slow gives no answer", async (t) => {
  const never = () => {};
  const trickle = (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(" "), 10);
    response.on("close", () => clearInterval(timer));
  };
  for (const slow of [never, trickle]) {
    const { url } = await serve(t, slow);
    const error = await check(url, { timeout: 80, patience: 90 }).catch((caught) => caught);
    assert.ok(error instanceof NoAnswer);
    assert.equal(error.message, "Heed did not answer in time");
  }
});

test("where nobody listens there is no answer", async () => {
  const probe = createServer();
  await new Promise((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  await assert.rejects(check(`http://127.0.0.1:${port}`, { patience: 100 }), NoAnswer);
});

const GARBAGE = {
  "a page": "<!doctype html><p>Sign in to this network</p>",
  "a list": "[]",
  nothing: "",
  null: "null",
  "half an object": '{"results": [',
};

for (const [what, body] of Object.entries(GARBAGE)) {
  test(`an answer that is ${what} is not understood`, async (t) => {
    const { url, requests } = await serve(t, answering(200, body));
    await assert.rejects(check(url), NotUnderstood);
    assert.equal(requests.length, 1);
  });
}

test("an answer without an end is not read to its end", async (t) => {
  const endless = (_, response) => {
    const write = () => {
      while (response.write(" ".repeat(1 << 20)));
      response.once("drain", write);
    };
    write();
  };
  const { url } = await serve(t, endless);
  await assert.rejects(check(url), NotUnderstood);
});

test("the key follows no redirect", async (t) => {
  const elsewhere = await serve(t, yesToAll);
  for (const status of [301, 302, 307, 308]) {
    const { url, requests } = await serve(t, answering(status, {}, { Location: elsewhere.url }));
    await assert.rejects(check(url), NotUnderstood);
    assert.equal(requests.length, 1);
  }
  assert.equal(elsewhere.requests.length, 0);
});

test("the redirect that a browser hides is not followed either", async () => {
  const fetch = async () => ({
    type: "opaqueredirect",
    status: 0,
    ok: false,
    body: null,
    headers: new Headers(),
  });
  await assert.rejects(check("https://heed.example.com", { fetch }), NotUnderstood);
});

test("a refusal says what is wrong, and is not tried again", async (t) => {
  const problem = {
    type: "urn:heed:problem:invalid-request",
    detail: "A field is not valid.",
    errors: [{ pointer: "/topic", detail: "is unknown" }, { detail: "elsewhere" }],
  };
  const { url, requests } = await serve(t, answering(422, problem));
  const error = await check(url).catch((caught) => caught);

  assert.equal(error.name, "Refused");
  assert.equal(error.message, "Heed refuses the request: 422 invalid-request /topic");
  assert.deepEqual(
    [error.code, error.detail, error.retryAfter],
    ["invalid-request", "A field is not valid.", null],
  );
  assert.deepEqual(error.faults, [{ pointer: "/topic", detail: "is unknown" }]);
  assert.equal(requests.length, 1);
});

test("an error of API Gateway has a status and no code", async (t) => {
  const { url, requests } = await serve(t, answering(500, { message: "Internal Server Error" }));
  const error = await check(url).catch((caught) => caught);
  assert.deepEqual([error.status, error.code, error.faults], [500, "", []]);
  assert.equal(requests.length, 1);
});

test("a key is sent by HTTPS only, or to this machine", () => {
  for (const url of [
    "https://heed.example.com",
    "https://heed.example.com/stage/",
    "http://127.0.0.1:8000",
    "http://localhost",
    "http://[::1]:1",
  ]) {
    new Heed(url, KEY);
  }
  const refused = [
    "http://heed.example.com",
    "http://127.0.0.1.example.com",
    "ftp://127.0.0.1",
    "heed.example.com",
    "",
    "https://me:pw@heed.example.com",
    "https://heed.example.com?x=1",
    "https://heed.example.com#x",
  ];
  for (const url of refused) assert.throws(() => new Heed(url, KEY), TypeError, url);
});

test("what is no API key of Heed is refused, and not shown", () => {
  for (const key of ["", "secret", `${KEY}\r\nX-Other: 1`, `Bearer ${KEY}`, undefined]) {
    assert.throws(() => new Heed("https://heed.example.com", key), {
      name: "TypeError",
      message: "the key is not an API key of Heed",
    });
  }
});
