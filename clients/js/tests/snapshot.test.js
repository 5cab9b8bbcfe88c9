import assert from "node:assert/strict";
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { InvalidSnapshot, NotUnderstood, Snapshot } from "../index.js";
import { answering, serve } from "./server.js";

const VECTORS = new URL("../../../tests/vectors/", import.meta.url);
const vectors = JSON.parse(readFileSync(new URL("snapshot.json", VECTORS)));
const FILE = readFileSync(new URL(vectors.file, VECTORS));
const { jwks } = vectors;
const DAY = 86_400_000;
const NOW = Date.parse(vectors.now);
const [STOPPED, , STOPPED_FOR_TOPIC, , FREE] = vectors.answers.map(({ recipient }) => recipient);

/** Sets the time of this machine for the rest of a test. */
function at(t, time) {
  t.mock.timers.reset();
  t.mock.timers.enable({ apis: ["Date"], now: time });
}

function answersOf(snapshot) {
  return vectors.answers.map(({ recipient, topic }) => snapshot.maySend(recipient, topic));
}

const expected = vectors.answers.map(({ answer }) => answer);
const withoutYes = expected.map((answer) => answer.replace("yes", "ask"));

test("the published snapshot answers as its vectors say", async (t) => {
  at(t, NOW);
  const snapshot = await Snapshot.open(FILE, jwks);
  assert.deepEqual(answersOf(snapshot), expected);
  assert.ok(["yes", "no", "ask"].every((answer) => expected.includes(answer)));

  at(t, Date.parse(vectors.too_old));
  assert.deepEqual(answersOf(snapshot), withoutYes);
});

test("a topic that has no filter is for the check", async (t) => {
  at(t, NOW);
  const snapshot = await Snapshot.open(FILE, jwks);
  for (const topic of ["service", "*", "", "offers ", "__proto__", "constructor"]) {
    assert.deepEqual(
      [STOPPED, FREE].map((each) => snapshot.maySend(each, topic)),
      ["ask", "ask"],
    );
  }
});

test("what is no recipient id has no answer", async (t) => {
  at(t, NOW);
  const snapshot = await Snapshot.open(FILE, jwks);
  for (const recipient of ["someone", "", FREE.toUpperCase(), `${FREE}a`, undefined]) {
    assert.throws(() => snapshot.maySend(recipient, "offers"), RangeError);
  }
});

test("a yes becomes ask when the snapshot is too old, and a no stays", async (t) => {
  at(t, NOW);
  const { asOf } = await Snapshot.open(FILE, jwks);
  const usual = await Snapshot.open(FILE, jwks);
  const patient = await Snapshot.open(FILE, jwks, { maxAge: 30 * DAY });
  const expiresAt = Date.parse(vectors.expired);
  for (const [time, answers] of [
    [asOf.getTime() + DAY - 1, ["yes", "yes"]],
    [asOf.getTime() + DAY, ["ask", "yes"]],
    [expiresAt - 1, ["ask", "yes"]],
    [expiresAt, ["ask", "ask"]],
  ]) {
    at(t, time);
    assert.deepEqual(
      [usual, patient].map((each) => each.maySend(FREE, "offers")),
      answers,
    );
    assert.equal(patient.maySend(STOPPED, "offers"), "no");
  }
});

test("an old snapshot, and one of the future, is refused", async (t) => {
  at(t, NOW);
  const { asOf } = await Snapshot.open(FILE, jwks);
  await assert.doesNotReject(Snapshot.open(FILE, jwks, { notBefore: asOf }));
  for (const notBefore of [new Date(asOf.getTime() + 1), new Date("yesterday"), "yesterday"]) {
    await assert.rejects(Snapshot.open(FILE, jwks, { notBefore }), /older than allowed/);
  }

  at(t, asOf.getTime() - 1);
  await assert.rejects(Snapshot.open(FILE, jwks), /clock/);
  at(t, Date.parse(vectors.expired));
  await assert.rejects(Snapshot.open(FILE, jwks), /expired/);
});

function page(people, end) {
  return { suppressions: people.map((recipient) => ({ recipient })), cursor: "c", end };
}

test("the feed brings a snapshot forward, and its people are for the check", async (t) => {
  at(t, NOW);
  const snapshot = await Snapshot.open(FILE, jwks);
  async function* pages() {
    yield page([STOPPED_FOR_TOPIC], false);
    yield page([], true);
  }
  at(t, NOW + 2 * DAY);
  await snapshot.follow(pages(), new Date(NOW + 2 * DAY - 1_000));

  const answers = [STOPPED, STOPPED_FOR_TOPIC, FREE].map((recipient) =>
    snapshot.maySend(recipient, "offers"),
  );
  assert.deepEqual(answers, ["no", "ask", "yes"]);
});

test("a feed that did not end only adds its changes, and a late pass makes no snapshot older", async (t) => {
  at(t, NOW);
  const snapshot = await Snapshot.open(FILE, jwks);
  await snapshot.follow([page([STOPPED], false)], new Date(NOW + DAY));
  await snapshot.follow([page([], true)], new Date(NOW - 9 * DAY));
  assert.deepEqual(
    [STOPPED, FREE].map((each) => snapshot.maySend(each, "offers")),
    ["ask", "yes"],
  );
  await assert.rejects(snapshot.follow([page(["someone"], true)], new Date(NOW)), RangeError);
  at(t, NOW + DAY);
  assert.equal(snapshot.maySend(FREE, "offers"), "ask");
});

const [KEY] = jwks.keys;

test("a snapshot needs a key that the caller gave", async (t) => {
  at(t, NOW);
  const others = [
    { keys: [] },
    { keys: [{ ...KEY, kid: "other" }] },
    { keys: [{ ...KEY, kty: "RSA" }] },
    { keys: [null, { ...KEY, x: "AQ" }] },
    { keys: [{ ...KEY, x: KEY.y, y: KEY.x }] },
    {},
    null,
  ];
  for (const keys of others) await assert.rejects(Snapshot.open(FILE, keys), InvalidSnapshot);
  await assert.doesNotReject(Snapshot.open(FILE, { keys: [{ ...KEY, kid: "other" }, KEY] }));
});

test("the keys may be a URL, which is HTTPS or on this machine and does not redirect", async (t) => {
  const good = await serve(t, jwks);
  const moved = await serve(t, answering(302, jwks, { Location: good.url }));
  const bad = await serve(t, answering(404, jwks));
  const page = await serve(t, answering(200, "<html>"));
  const long = await serve(t, answering(200, `{${" ".repeat(70_000)}}`));
  at(t, NOW);

  assert.deepEqual(answersOf(await Snapshot.open(FILE, good.url)), expected);
  for (const { url } of [moved, bad, page]) await assert.rejects(Snapshot.open(FILE, url), InvalidSnapshot);
  await assert.rejects(Snapshot.open(FILE, long.url), NotUnderstood);
  await assert.rejects(Snapshot.open(FILE, "http://example.com/keys"), TypeError);
});

// The secret half of the key of RFC 7515 appendix A.3, which everybody knows.
const SIGNER = createPrivateKey({
  key: { ...KEY, d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI" },
  format: "jwk",
});
const MANIFEST_LENGTH = FILE.readUInt32LE(12);
const SHARDS_AT = Math.ceil((20 + MANIFEST_LENGTH + FILE.readUInt32LE(16)) / 8) * 8;

/** Returns the file with another manifest and another header of the signature, signed by the right key. */
function signedAgain(change, header = { alg: "ES256", kid: KEY.kid }) {
  const document = JSON.parse(FILE.toString("utf8", 20, 20 + MANIFEST_LENGTH));
  const manifest = Buffer.from(JSON.stringify(change(document) ?? document));
  const text = Buffer.from(JSON.stringify(header)).toString("base64url");
  const input = Buffer.from(`${text}.${manifest.toString("base64url")}`);
  const signature = sign("sha256", input, { key: SIGNER, dsaEncoding: "ieee-p1363" }).toString("base64url");
  const jws = Buffer.from(`${text}..${signature}`);
  const head = Buffer.from(FILE.subarray(0, 20));
  head.writeUInt32LE(manifest.length, 12);
  head.writeUInt32LE(jws.length, 16);
  const start = Buffer.concat([head, manifest, jws]);
  return Buffer.concat([start, Buffer.alloc(-start.length & 7), FILE.subarray(SHARDS_AT)]);
}

test("fields that a reader does not know are ignored", async (t) => {
  at(t, NOW);
  const file = signedAgain((manifest) => ({ ...manifest, news: 1 }));
  assert.deepEqual(answersOf(await Snapshot.open(file, jwks)), expected);
});

const WRONG = {
  "no end": (manifest) => delete manifest.expires_at && manifest,
  "a date instead of a time": (manifest) => ({ ...manifest, as_of: "2026-03-01" }),
  "no filter of everything": (manifest) => delete manifest.topics["*"] && manifest,
  "a filter without shards": ({ topics, ...manifest }) => ({ ...manifest, topics: { ...topics, more: 77 } }),
  "two topics of one filter": (manifest) => void (manifest.topics["aurora/offers"] = 2),
  "counts of other filters": (manifest) => ({ ...manifest, counts: {} }),
  "a count that is none": (manifest) => void (manifest.counts["*"] = "500"),
  "a time after the end of a day": (manifest) => ({ ...manifest, expires_at: "2026-03-05T24:00:00Z" }),
  "a shard that is null": (manifest) => void (manifest.shards[0] = null),
  "a seed that is a number": (manifest) => ({ ...manifest, seed: 9007199254740992 }),
  "a missing shard": (manifest) => void manifest.shards.pop(),
  "a gap between shards": (manifest) => void (manifest.shards.at(-1).offset += 8),
  "shards in another order": (manifest) => void manifest.shards.reverse(),
  "a shard of another filter": (manifest) => void (manifest.shards[1].topic = 2),
  "a shard without a hash": (manifest) => void delete manifest.shards[0].sha256,
  "a negative length": (manifest) => void (manifest.shards[0].length = -8),
  "no shards": (manifest) => ({ ...manifest, shards: 12 }),
  "a list instead of an object": () => [],
};

for (const [what, change] of Object.entries(WRONG)) {
  test(`a signed manifest with ${what} is refused`, async (t) => {
    at(t, NOW);
    await assert.rejects(Snapshot.open(signedAgain(change), jwks), InvalidSnapshot);
  });
}

test("a signature has the algorithm ES256, the name of its key and nothing else", async (t) => {
  at(t, NOW);
  const same = (manifest) => manifest;
  await assert.doesNotReject(Snapshot.open(signedAgain(same), jwks));
  const headers = [{ alg: "none", kid: KEY.kid }, { alg: "ES256" }, { alg: "ES256", kid: KEY.kid, crit: [] }];
  for (const header of headers)
    await assert.rejects(Snapshot.open(signedAgain(same, header), jwks), InvalidSnapshot);
});

test("a byte order mark is no part of a signature, as in Python", async (t) => {
  at(t, NOW);
  const jws = Buffer.from([0xef, 0xbb, 0xbf, ...FILE.subarray(20 + MANIFEST_LENGTH, SHARDS_AT)]);
  const length = FILE.readUInt32LE(16) + 3;
  const start = Buffer.concat([FILE.subarray(0, 20 + MANIFEST_LENGTH), jws.subarray(0, length)]);
  start.writeUInt32LE(length, 16);
  const file = Buffer.concat([start, Buffer.alloc(-start.length & 7), FILE.subarray(SHARDS_AT)]);
  await assert.rejects(Snapshot.open(file, jwks), /no detached JWS/);
});

test("a file with more or less than its manifest names is refused", async (t) => {
  at(t, NOW);
  const files = [
    Buffer.alloc(0),
    FILE.subarray(0, -1),
    FILE.subarray(0, -8),
    Buffer.concat([FILE, Buffer.alloc(8)]),
  ];
  for (let size = 0; size < FILE.length; size += 97) files.push(FILE.subarray(0, size));
  for (const file of files) await assert.rejects(Snapshot.open(file, jwks), InvalidSnapshot);
});

test("no altered byte changes an answer", async (t) => {
  at(t, NOW);
  const places = [...Array(FILE.length).keys()].filter((place) => place < 40 || place % 61 === 0);
  for (const place of places) {
    const altered = Buffer.from(FILE);
    altered[place] ^= 1 << (place % 8);
    const answers = await Snapshot.open(altered, jwks).then(answersOf, (error) => error);
    // Zeros behind a shard are read by nobody.
    if (Array.isArray(answers)) assert.deepEqual(answers, expected);
    else assert.ok(answers instanceof InvalidSnapshot, `${place}: ${answers}`);
  }
});

test("a file may lie anywhere in memory", async (t) => {
  at(t, NOW);
  const moved = new Uint8Array(FILE.length + 3);
  moved.set(FILE, 3);
  assert.deepEqual(answersOf(await Snapshot.open(moved.subarray(3), jwks)), expected);
});
