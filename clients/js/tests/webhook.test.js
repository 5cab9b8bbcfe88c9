import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { InvalidWebhook, NotUnderstood, verifyWebhook } from "../index.js";

const SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = Buffer.from("another secret of 32 bytes......").toString("base64");
const DATA = {
  id: "a".repeat(32),
  recipient: "jz4wbmpruykluzhzykzinbwxle",
  scope: "日本",
  state: "out",
  at: "",
};
const BODY = JSON.stringify({
  type: "recipient.opted_out",
  timestamp: "2026-03-05T09:12:44.390Z",
  data: DATA,
});

function signed(secrets, { id = DATA.id, seconds = Math.floor(Date.now() / 1_000), body = BODY } = {}) {
  const signatures = secrets.map((secret) =>
    createHmac("sha256", Buffer.from(secret, "base64"))
      .update(`${id}.${seconds}.`)
      .update(body)
      .digest("base64"),
  );
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": signatures.map((signature) => `v1,${signature}`).join(" "),
  };
}

test("the published vector of Standard Webhooks verifies, but is no event of Heed", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_614_265_330_000 });
  const headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  await assert.rejects(verifyWebhook(SECRET, headers, '{"test": 2432232314}'), NotUnderstood);
  await assert.rejects(verifyWebhook(SECRET, headers, '{"test": 2432232315}'), /no signature/);
});

test("what Heed signed is its event, in each form of headers and body", async () => {
  const headers = signed([SECRET]);
  const upper = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
  );
  const bytes = new TextEncoder().encode(BODY);
  for (const form of [
    headers,
    upper,
    new Headers(headers),
    { ...headers, accept: undefined, cookie: ["a", "b"] },
  ]) {
    for (const body of [BODY, bytes, bytes.buffer, Buffer.from(BODY)]) {
      assert.deepEqual(await verifyWebhook(SECRET, form, body), { id: DATA.id, ...JSON.parse(BODY) });
    }
  }
});

test("one right signature of one known secret is enough", async () => {
  for (const [secrets, signers] of [
    [`whsec_${SECRET}`, [SECRET]],
    [SECRET, [OTHER, SECRET]],
    [SECRET, [SECRET, OTHER]],
    [[OTHER, SECRET], [SECRET]],
    [new Set([SECRET, OTHER]), [OTHER]],
  ]) {
    assert.equal((await verifyWebhook(secrets, signed(signers), BODY)).type, "recipient.opted_out");
  }
});

test("signatures of other schemes are passed over", async () => {
  const headers = signed([SECRET]);
  const signature = headers["webhook-signature"];
  const others = `v1a,xyz v1, v1,%% v1,AAAA v2,${signature.slice(3)}`;
  await assert.doesNotReject(
    verifyWebhook(SECRET, { ...headers, "webhook-signature": `${others} ${signature}` }, BODY),
  );
  await assert.rejects(
    verifyWebhook(SECRET, { ...headers, "webhook-signature": others }, BODY),
    InvalidWebhook,
  );
});

test("a webhook is of the last five minutes", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_700_000_000_000 });
  for (const age of [-300, 0, 300]) {
    await assert.doesNotReject(
      verifyWebhook(SECRET, signed([SECRET], { seconds: 1_700_000_000 - age }), BODY),
    );
  }
  for (const age of [-301, 301, 86_400]) {
    const old = signed([SECRET], { seconds: 1_700_000_000 - age });
    await assert.rejects(verifyWebhook(SECRET, old, BODY), /last five minutes/);
  }
  for (const seconds of ["", "soon", "1e9", "1700000000.0", "NaN", "-1700000000"]) {
    await assert.rejects(verifyWebhook(SECRET, signed([SECRET], { seconds }), BODY), InvalidWebhook);
  }
});

test("what was altered is refused", async () => {
  const headers = signed([SECRET]);
  const altered = [
    [headers, BODY.replace("out", "in")],
    [headers, BODY.replace(",", ", ")],
    [{ ...headers, "webhook-id": "b".repeat(32) }, BODY],
    [{ ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) + 1) }, BODY],
    [{ ...headers, "webhook-id": ["a", "b"] }, BODY],
    [signed([OTHER]), BODY],
    [signed([]), BODY],
    [{}, BODY],
  ];
  for (const [given, body] of altered)
    await assert.rejects(verifyWebhook(SECRET, given, body), InvalidWebhook);
});

test("a signed body that is no event is not understood", async () => {
  for (const body of [
    "",
    "[]",
    "null",
    "{}",
    '{"type": "x"}',
    '{"type": 1, "data": {}}',
    '{"type": "x", "data": null}',
    "{",
  ]) {
    await assert.rejects(verifyWebhook(SECRET, signed([SECRET], { body }), body), NotUnderstood);
  }
});

test("a body that was parsed before cannot be verified", async () => {
  await assert.rejects(verifyWebhook(SECRET, signed([SECRET]), JSON.parse(BODY)), TypeError);
});

test("a secret that is none is refused, and not shown", async () => {
  for (const secret of ["", "whsec_", "short", "AAAA", `${SECRET}%`, "A".repeat(92)]) {
    const error = await verifyWebhook(secret, signed([SECRET]), BODY).catch((caught) => caught);
    assert.ok(error instanceof TypeError);
    assert.equal(error.message, "a secret is not base64 of 24 to 64 bytes");
  }
});
