// Reads a snapshot of Heed and answers from it. The format: docs/reference/snapshot-format.md
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

export class Snapshot {
  constructor(path, jwks, { now = Date.now(), maxAge = 86_400_000 } = {}) {
    const file = readFileSync(path);
    if (file.toString("latin1", 0, 8) !== "HEEDSNAP" || file.readUInt32LE(8) !== 1) throw new Error("no snapshot");
    const jwsAt = 20 + file.readUInt32LE(12), end = jwsAt + file.readUInt32LE(16);
    const manifest = file.subarray(20, jwsAt);
    const [header, payload, signature] = file.toString("latin1", jwsAt, end).split(".");
    const { alg, kid } = JSON.parse(Buffer.from(header, "base64url"));
    const jwk = jwks.keys.find((key) => key.kid === kid && key.crv === "P-256");
    if (alg !== "ES256" || payload !== "" || !jwk) throw new Error("not signed by a known key");
    const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
    const signed = Buffer.from(`${header}.${manifest.toString("base64url")}`);
    if (!verify("sha256", signed, key, Buffer.from(signature, "base64url"))) throw new Error("wrong signature");
    const { as_of, expires_at, topics, shards } = JSON.parse(manifest);
    if (now < Date.parse(as_of) || now >= Date.parse(expires_at)) throw new Error("expired, or a wrong clock");
    this.asOf = as_of;
    this.yesUntil = Math.min(Date.parse(expires_at), Date.parse(as_of) + maxAge);
    const read = ({ offset, length, sha256 }) => {
      const data = file.subarray(Math.ceil(end / 8) * 8).subarray(offset, offset + length);
      if (createHash("sha256").update(data).digest("hex") !== sha256) throw new Error("damaged");
      return data;
    };
    const shardsOf = (number) => shards.filter(({ topic }) => topic === number).map(read);
    this.filters = new Map(Object.entries(topics).map(([name, number]) => [name, shardsOf(number)]));
  }
  maySend(recipient, topic, now = Date.now()) {
    if (topic === "*" || !this.filters.has(topic)) return "ask"; // "*" is everything, which is no topic
    if (!/^[a-z2-7]{26}$/.test(recipient)) throw new Error("no recipient id");
    const digits = [...recipient.slice(0, 13)].map((sign) => BigInt("abcdefghijklmnopqrstuvwxyz234567".indexOf(sign)));
    const key = digits.reduce((bits, digit) => bits * 32n + digit, 0n) >> 1n; // the first 64 bits
    if (["*", topic].some((name) => contains(this.filters.get(name), key))) return "no";
    return now < this.yesUntil ? "yes" : "ask";
  }
}

function contains(shards, key) {
  const shard = shards[Number((key * BigInt(shards.length)) >> 64n)]; // by the leading bits
  const length = shard.readUInt32LE(12), at = (place) => shard.readUInt16LE(28 + 2 * place);
  let hash = BigInt.asUintN(64, key + shard.readBigUInt64LE(0));
  for (const factor of [0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n])
    hash = BigInt.asUintN(64, (hash ^ (hash >> 33n)) * factor);
  hash ^= hash >> 33n;
  const first = Number((hash * BigInt(shard.readUInt32LE(20))) >> 64n);
  const [middle, low] = [hash >> 18n, hash].map((bits) => Number(bits & BigInt(length - 1)));
  const found = at(first) ^ at((first + length) ^ middle) ^ at((first + 2 * length) ^ low);
  return Number((hash ^ (hash >> 32n)) & 0xffffn) === found;
}
