// The file of a snapshot: its parts, and what its manifest says (docs/reference/snapshot-format.md).
import { InvalidSnapshot } from "./errors.js";
import { parseObject } from "./response.js";

const HEAD = 20; // bytes
const VERSION = 1;
const LONGEST_MANIFEST = 64 << 20; // bytes
const LONGEST_SIGNATURE = 1 << 10;
const MOST_SHARDS = 4_096; // of a filter
const TIME = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** @typedef {{ topic: number, offset: number, length: number, sha256: string }} Shard */

/**
 * Returns the parts of a file. Nothing in them is verified yet.
 *
 * @param {Uint8Array} file
 */
export function splitSnapshot(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < HEAD || String.fromCharCode(...file.subarray(0, 8)) !== "HEEDSNAP") {
    throw new InvalidSnapshot("the file is no snapshot");
  }
  const [version, manifestLength, signatureLength] = [8, 12, 16].map((at) => view.getUint32(at, true));
  if (version !== VERSION) throw new InvalidSnapshot("the snapshot has another version");
  if (manifestLength > LONGEST_MANIFEST || signatureLength > LONGEST_SIGNATURE) {
    throw new InvalidSnapshot("the manifest or the signature is too long");
  }
  const signatureAt = HEAD + manifestLength;
  const end = signatureAt + signatureLength;
  const shardsAt = align(end);
  if (file.length < shardsAt || file.subarray(end, shardsAt).some(Boolean))
    throw new InvalidSnapshot("the snapshot is cut");
  return {
    manifest: file.subarray(HEAD, signatureAt),
    signature: file.subarray(signatureAt, end),
    shards: file.subarray(shardsAt),
  };
}

/**
 * Reads a verified manifest. Fields that it does not know are ignored.
 *
 * @param {Uint8Array} text
 * @param {number} size the bytes of all shards
 */
export function parseManifest(text, size) {
  const manifest = parseObject(new TextDecoder().decode(text));
  if (!manifest || !isValid(manifest))
    throw new InvalidSnapshot("the manifest is incomplete, or contradicts itself");
  /** @type {Shard[]} */
  const shards = manifest.shards;
  if (shards.reduce((end, { length }) => align(end + length), 0) !== size)
    throw new InvalidSnapshot("the snapshot is cut");
  return {
    asOf: new Date(manifest.as_of),
    expiresAt: new Date(manifest.expires_at),
    topics: new Map(/** @type {[string, number][]} */ (Object.entries(manifest.topics))),
    shards,
  };
}

/** @param {Record<string, any>} manifest */
function isValid({ as_of, expires_at, identity_key, seed, topics, counts, shards }) {
  const named = [topics, counts].map((names) =>
    Object.keys(names ?? {})
      .sort()
      .join(" "),
  );
  const isComplete =
    [as_of, expires_at].every(isTime) &&
    [identity_key, seed].every((text) => typeof text === "string") &&
    /^[0-9a-f]{16}$/.test(seed);
  return (
    isComplete &&
    topics?.["*"] === 0 &&
    named[0] === named[1] &&
    Object.values(counts).every((count) => Number.isSafeInteger(count) && count >= 0) &&
    Array.isArray(shards) &&
    shards.every((shard) => typeof shard === "object" && shard) &&
    areComplete(shards, topics)
  );
}

/**
 * Returns whether each filter has its shards, which stand together and without gaps.
 *
 * @param {any[]} shards
 * @param {Record<string, any>} topics the number of each filter by its topic
 */
function areComplete(shards, topics) {
  const numbers = Object.values(topics);
  const runs = shards
    .filter((shard, at) => shard?.topic !== shards[at - 1]?.topic)
    .map((shard) => shard?.topic);
  const areFilters =
    runs.length === numbers.length &&
    new Set(runs).size === runs.length &&
    runs.every((run) => numbers.includes(run));
  return areFilters && [...groupByTopic(shards).values()].every(isCountOfShards) && areInPlace(shards);
}

/**
 * Returns the shards of each filter by its number, in the order of the leading bits.
 *
 * @template {{ topic: number }} T
 * @param {T[]} shards
 */
export function groupByTopic(shards) {
  const groups = /** @type {Map<number, T[]>} */ (new Map());
  for (const shard of shards) {
    const group = groups.get(shard.topic);
    if (group) group.push(shard);
    else groups.set(shard.topic, [shard]);
  }
  return groups;
}

/** @param {any[]} shards */
function isCountOfShards({ length }) {
  return length <= MOST_SHARDS && Number.isInteger(Math.log2(length));
}

/** @param {any[]} shards */
function areInPlace(shards) {
  let end = 0;
  return shards.every(({ offset, length, sha256 }) => {
    const isInPlace =
      offset === end && Number.isSafeInteger(length) && length > 0 && /^[0-9a-f]{64}$/.test(sha256);
    end = align(end + length);
    return isInPlace;
  });
}

/** @param {unknown} text */
function isTime(text) {
  return typeof text === "string" && TIME.test(text) && !Number.isNaN(Date.parse(text));
}

/** @param {number} size */
function align(size) {
  return Math.ceil(size / 8) * 8;
}
