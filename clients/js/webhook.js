// Verifies webhooks by the scheme of Standard Webhooks, version 1: https://www.standardwebhooks.com.
import { decodeBase64 } from "./base64.js";
import { InvalidWebhook, NotUnderstood } from "./errors.js";
import { parseObject } from "./response.js";

const TOLERANCE = 300; // seconds
const ALGORITHM = { name: "HMAC", hash: "SHA-256" };

/**
 * @param {string | Iterable<string>} secrets
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string | Uint8Array | ArrayBuffer} body
 * @returns {Promise<import("./index.d.ts").WebhookEvent>}
 */
export async function verifyWebhook(secrets, headers, body) {
  const keys = await Promise.all([...(typeof secrets === "string" ? [secrets] : secrets)].map(importSecret));
  const raw = toBytes(body);
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) =>
    readHeader(headers, `webhook-${name}`),
  );
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Date.now() / 1_000 - Number(timestamp)) > TOLERANCE) {
    throw new InvalidWebhook("the webhook is not of the last five minutes, or a clock is wrong");
  }
  if (!(await isSigned(keys, signatures, concat(new TextEncoder().encode(`${id}.${timestamp}.`), raw)))) {
    throw new InvalidWebhook("no signature of the webhook is right");
  }
  const event = parseObject(new TextDecoder().decode(raw));
  if (typeof event?.type !== "string" || typeof event.data !== "object" || !event.data) {
    throw new NotUnderstood("the webhook is signed, but is no event");
  }
  return /** @type {any} */ ({ id, ...event });
}

/** @param {string} secret */
async function importSecret(secret) {
  const key = decodeBase64(secret.replace(/^whsec_/, ""));
  if (!key || key.length < 24 || key.length > 64)
    throw new TypeError("a secret is not base64 of 24 to 64 bytes");
  return crypto.subtle.importKey("raw", key, ALGORITHM, false, ["verify"]);
}

/**
 * `crypto.subtle.verify` takes the same time wherever two signatures differ.
 *
 * @param {CryptoKey[]} keys
 * @param {string} signatures
 * @param {Uint8Array<ArrayBuffer>} signed
 */
async function isSigned(keys, signatures, signed) {
  for (const each of signatures.split(" ")) {
    const signature = each.startsWith("v1,") ? decodeBase64(each.slice(3)) : null;
    for (const key of signature ? keys : []) {
      if (signature && (await crypto.subtle.verify("HMAC", key, signature, signed))) return true;
    }
  }
  return false;
}

/**
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string} name in lower case
 */
function readHeader(headers, name) {
  const pairs = headers instanceof Headers ? headers.entries() : Object.entries(headers);
  const values = [...pairs].filter(([key]) => key.toLowerCase() === name).flatMap(([, value]) => value);
  if (values.length !== 1 || !values[0])
    throw new InvalidWebhook(`the header ${name} is missing, or there are two`);
  return values[0];
}

/** @param {string | Uint8Array | ArrayBuffer} body */
function toBytes(body) {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError("the body must be the text or the bytes that arrived, before any parsing");
}

/** @param {Uint8Array[]} parts */
function concat(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
