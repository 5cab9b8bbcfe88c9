import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Heed, NotUnderstood, Refused } from "../index.js";
import { answering, JANE, KEY, RECIPIENT, respond, serve, yes, yesToAll } from "./server.js";

const NO = { ...yes(JANE), sendable: false, reason: "unsubscribed", since: "2026-03-05T09:12:44.390Z" };

test("a check has the key in a header, and no address in its URL", async (t) => {
  const { url, requests } = await serve(t, { results: [NO] });
  const results = await new Heed(`${url}/`, KEY).check("offers", { addresses: [JANE] });

  assert.deepEqual(results, [NO]);
  const [{ method, url: path, headers, body }] = requests;
  assert.deepEqual([method, path, headers.authorization], ["POST", "/v1/check", `Bearer ${KEY}`]);
  assert.deepEqual(body, { topic: "offers", addresses: [JANE] });
});

test("a check of many people is several requests of 1,000, and keeps their order", async (t) => {
  const { url, requests } = await serve(t, yesToAll);
  const people = [...Array(2_500).keys()].map((number) => `${number}@example.com`);
  const results = await new Heed(url, KEY).check("offers", { addresses: new Set(people) });

  assert.deepEqual(
    requests.map(({ body }) => body.addresses.length),
    [1_000, 1_000, 500],
  );
  assert.deepEqual(
    results.map(({ address }) => address),
    people,
  );
});

test("a check of nobody makes no request", async (t) => {
  const { url, requests } = await serve(t, yesToAll);
  assert.deepEqual(await new Heed(url, KEY).check("offers", { addresses: [] }), []);
  assert.equal(requests.length, 0);
});

test("the id of a person may be base32 in any case, or 32 hex digits", async (t) => {
  const ids = ["3ZVSUYTGJQA66CDH7RAJWDDFKY", "de6b2a62664c01ef0867fc409b0c6556", RECIPIENT];
  const { url } = await serve(t, { results: ids.map(() => yes(null)) });
  assert.equal((await new Heed(url, KEY).check("offers", { recipients: ids })).length, 3);
});

const DOUBTFUL = {
  "no results": {},
  "too few results": { results: [] },
  "too many results": { results: [yes(JANE), yes(JANE)] },
  "a result of somebody else": { results: [yes("other@example.com")] },
  "no result": { results: [null] },
  "a text instead of true": { results: [{ ...yes(JANE), sendable: "true" }] },
  "a number instead of true": { results: [{ ...yes(JANE), sendable: 1 }] },
  "no decision": { results: [{ address: JANE, recipient: RECIPIENT, reason: "ok" }] },
  "a yes with a reason against it": { results: [{ ...yes(JANE), reason: "complained" }] },
  "a yes without a reason": { results: [{ ...yes(JANE), reason: undefined }] },
  "a yes about nobody": { results: [{ ...yes(JANE), recipient: null }] },
  "an object of results": { results: { 0: yes(JANE), length: 1 } },
};

for (const [what, answer] of Object.entries(DOUBTFUL)) {
  test(`a check that is answered with ${what} permits no mail`, async (t) => {
    const { url, requests } = await serve(t, answer);
    await assert.rejects(new Heed(url, KEY).check("offers", { addresses: [JANE] }), NotUnderstood);
    assert.equal(requests.length, 1);
  });
}

test("a check of an id that is answered for another id permits no mail", async (t) => {
  const { url } = await serve(t, { results: [yes(null, "a".repeat(26))] });
  await assert.rejects(new Heed(url, KEY).check("offers", { recipients: [RECIPIENT] }), NotUnderstood);
});

test("if one of several requests fails, the whole check does", async (t) => {
  const { url } = await serve(t, yesToAll, answering(403));
  const people = [...Array(1_001).keys()].map(String);
  await assert.rejects(new Heed(url, KEY).check("offers", { addresses: people }), Refused);
});

test("people are given in one list of texts", async () => {
  const heed = new Heed("https://heed.example.com", KEY);
  for (const people of [
    {},
    { addresses: JANE },
    { addresses: [JANE], recipients: [] },
    { addresses: [null] },
  ]) {
    await assert.rejects(heed.check("offers", people), TypeError);
  }
});

const LINK = {
  address: JANE,
  recipient: RECIPIENT,
  unsubscribe_url: "https://mail.example.com/u/EQ",
  preferences_url: "https://mail.example.com/p/Eg",
  headers: {
    "List-Unsubscribe": "<https://mail.example.com/u/EQ>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "List-Id": "Offers <offers.example.com>",
  },
  tags: { "heed-recipient": RECIPIENT },
};

test("links come with their headers, for each person in order", async (t) => {
  const invalid = { address: "nobody", recipient: null, error: "invalid" };
  const { url, requests } = await serve(t, { links: [LINK, invalid] });
  const made = await new Heed(url, KEY).links("offers", {
    addresses: [JANE, "nobody"],
    refs: ["customer-4711", ""],
    campaign: "spring-sale",
  });

  assert.deepEqual(made, { links: [LINK, invalid] });
  const expected = {
    topic: "offers",
    addresses: [JANE, "nobody"],
    refs: ["customer-4711", ""],
    campaign: "spring-sale",
  };
  assert.deepEqual(requests[0].body, expected);
});

test("links of many people have the refs of each", async (t) => {
  const linkAll = ({ addresses }, response) =>
    respond(response, 200, {
      links: addresses.map((address) => ({ ...LINK, address })),
      warning: "no domain",
    });
  const { url, requests } = await serve(t, linkAll);
  const people = [...Array(1_200).keys()].map(String);
  const made = await new Heed(url, KEY).links("offers", { addresses: people, refs: people, lang: "de" });

  assert.deepEqual([made.links.length, made.warning], [1_200, "no domain"]);
  for (const { body } of requests) assert.deepEqual(body.refs, body.addresses);
});

test("there are as many refs as people", async () => {
  const heed = new Heed("https://heed.example.com", KEY);
  for (const refs of [[], ["a", "b"], "a"]) {
    await assert.rejects(heed.links("offers", { addresses: [JANE], refs }), TypeError);
  }
});

const BROKEN_LINKS = {
  "a header of two lines": { ...LINK, headers: { ...LINK.headers, "List-Id": "x\r\nBcc: all@example.com" } },
  "another header of two lines": { ...LINK, headers: { ...LINK.headers, "X-Other": "x\ny" } },
  "a missing header": { ...LINK, headers: {} },
  "no headers": { ...LINK, headers: undefined },
  "no link": { ...LINK, unsubscribe_url: undefined },
  "a link that runs a script": { ...LINK, preferences_url: "javascript:alert(1)" },
  "no person": { ...LINK, recipient: null },
};

for (const [what, link] of Object.entries(BROKEN_LINKS)) {
  test(`links with ${what} are refused`, async (t) => {
    const { url } = await serve(t, { links: [link] });
    await assert.rejects(new Heed(url, KEY).links("offers", { addresses: [JANE] }), NotUnderstood);
  });
}

test("a confirmation mail is requested for a form", async (t) => {
  const { url, requests } = await serve(t, answering(202));
  const subscription = { address: JANE, intent: "in", topics: ["offers"], lang: "de" };
  assert.equal(await new Heed(url, KEY).requestSubscription(subscription), undefined);
  assert.deepEqual([requests[0].url, requests[0].body], ["/v1/subscriptions", subscription]);
});

const OUT = { address: JANE, scope: "*", state: "out", source: "api" };
const APPLIED = {
  recipient: RECIPIENT,
  record: "new",
  outcome: "applied",
  blocked_by: [],
  sendable: { offers: false },
};

test("changes are recorded, 100 in a request", async (t) => {
  const applyAll = ({ changes }, response) => respond(response, 200, { results: changes.map(() => APPLIED) });
  const { url, requests } = await serve(t, applyAll);
  const results = await new Heed(url, KEY).record(Array(250).fill(OUT));

  assert.equal(results.length, 250);
  assert.deepEqual(
    requests.map(({ body }) => body.changes.length),
    [100, 100, 50],
  );
});

test("a change without a known outcome is not recorded", async (t) => {
  for (const results of [[], [null], [{ ...APPLIED, outcome: "perhaps" }], undefined]) {
    const { url } = await serve(t, { results });
    await assert.rejects(new Heed(url, KEY).record([OUT]), NotUnderstood);
  }
});

test("a repeated change stays as it is, and a stop has the time at which Heed records it", async (t) => {
  const { url, requests } = await serve(t, answering(503), (_, response) => response.destroy(), {
    results: [APPLIED],
  });
  const timed = { ...OUT, occurred_at: "2026-03-01" };
  const paused = { ...OUT, state: "paused", until: "2026-04-01" };
  const changes = [OUT, timed, paused];
  await assert.rejects(new Heed(url, KEY).record(changes), NotUnderstood); // one result for three changes

  const times = requests.map(({ body }) => body.changes.map((change) => change.occurred_at));
  assert.deepEqual(times, Array(3).fill([undefined, "2026-03-01", undefined]));
});

test("an opt-in without its time is refused: recorded again, it would be newer than a stop in between", async (t) => {
  const { url, requests } = await serve(t, { results: [APPLIED] });
  const optIn = { ...OUT, state: "in", reference: "account page" };
  await assert.rejects(new Heed(url, KEY).record([optIn]), TypeError);
  assert.equal(requests.length, 0);
  await new Heed(url, KEY).record([{ ...optIn, occurred_at: "2026-03-05T09:12:44.390Z" }]);
  assert.equal(requests.length, 1);
});

test("the decisions about a person are those of the account page", async (t) => {
  const decisions = { offers: { ...NO, address: undefined }, news: yes() };
  const { url, requests } = await serve(t, { decisions, history: [], registers: [] });
  const returned = await new Heed(url, KEY).decisions({ recipient: RECIPIENT });
  assert.deepEqual(returned, JSON.parse(JSON.stringify(decisions)));
  assert.deepEqual([requests[0].url, requests[0].body], ["/v1/recipients/lookup", { recipient: RECIPIENT }]);

  const doubtful = await serve(t, { decisions: { offers: { sendable: true, reason: "paused" } } });
  await assert.rejects(new Heed(doubtful.url, KEY).decisions({ recipient: RECIPIENT }), NotUnderstood);
});

const ENTRY = {
  recipient: RECIPIENT,
  reason: "unsubscribed",
  scope: "*",
  since: "2026-03-05T09:12:44.390Z",
  source: "one-click",
  until: null,
  except: [],
  state: "standing",
};

test("the feed goes on from cursor to cursor until its end", async (t) => {
  const pages = [
    { suppressions: [ENTRY], cursor: "a&b", end: false },
    { suppressions: [], cursor: "c", end: true },
  ];
  const { url, requests } = await serve(t, ...pages);
  const heed = new Heed(url, KEY);
  const seen = [];
  for await (const page of heed.suppressions({ since: new Date(0), scope: "offers" })) seen.push(page);

  assert.deepEqual(seen, pages);
  const queries = requests.map((request) => Object.fromEntries(new URL(request.url, url).searchParams));
  const first = { scope: "offers", limit: "1000", since: "1970-01-01T00:00:00.000Z" };
  assert.deepEqual(queries, [first, { ...first, cursor: "a&b" }]);
  assert.ok(requests.every(({ method }) => method === "GET"));
});

test("a feed that does not go on is refused", async (t) => {
  const { url } = await serve(t, { suppressions: [], cursor: "a", end: false });
  await assert.rejects(drain(new Heed(url, KEY)), NotUnderstood);
});

test("a page of the feed that is not understood is refused", async (t) => {
  const broken = [
    { suppressions: [ENTRY], cursor: "", end: true },
    { suppressions: [ENTRY], cursor: "a" },
    { suppressions: [{ ...ENTRY, state: undefined }], cursor: "a", end: true },
    { suppressions: [{ ...ENTRY, recipient: JANE }], cursor: "a", end: true },
    { cursor: "a", end: true },
  ];
  for (const page of broken) {
    const { url } = await serve(t, page);
    await assert.rejects(drain(new Heed(url, KEY)), NotUnderstood);
  }
});

async function drain(heed) {
  for await (const page of heed.suppressions()) assert.ok(page);
}

test("topics are listed", async (t) => {
  const topics = { brands: [{ name: "meridian" }], topics: [{ name: "offers" }] };
  const { url } = await serve(t, topics);
  assert.deepEqual(await new Heed(url, KEY).topics(), topics);

  const broken = await serve(t, { brands: [], topics: [{}] });
  await assert.rejects(new Heed(broken.url, KEY).topics(), NotUnderstood);
});

test("neither the client nor an error shows the key or an address", async (t) => {
  const problem = {
    type: "urn:heed:problem:invalid-request",
    detail: "",
    errors: [{ pointer: `/changes/0/${JANE}`, detail: "" }],
  };
  const { url } = await serve(t, answering(422, problem));
  const heed = new Heed(url, KEY);
  const error = await heed.check("offers", { addresses: [JANE] }).catch((caught) => caught);

  assert.equal(error.message, "Heed refuses the request: 422 invalid-request");
  for (const text of [inspect(heed, { depth: 9, showHidden: true }), `${error.stack}`]) {
    assert.ok(!text.includes(KEY) && !text.includes(JANE), text);
  }
});
