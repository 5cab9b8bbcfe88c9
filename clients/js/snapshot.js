// Reads a snapshot of Heed, and answers from it whether a mail may be sent.
import { InvalidSnapshot } from "./errors.js";
import { FuseFilter } from "./fuse_filter.js";
import { isRecipient, snapshotKey } from "./recipient.js";
import { fetchJwks, verifyManifest } from "./signing_keys.js";
import { groupByTopic, parseManifest, splitSnapshot } from "./snapshot_file.js";

const DAY = 86_400_000; // ms
const EVERYTHING = "*"; // its filter has who is stopped for each topic

export class Snapshot {
  #filters;
  #changed = /** @type {Set<string>} */ (new Set());
  #expiresAt;
  #maxAge;
  #currentAt;

  /**
   * @param {ReturnType<typeof parseManifest>} manifest
   * @param {Map<string, FuseFilter[]>} filters
   * @param {number} maxAge
   */
  constructor({ asOf, expiresAt }, filters, maxAge) {
    this.asOf = asOf;
    this.#filters = filters;
    this.#expiresAt = expiresAt.getTime();
    this.#maxAge = maxAge;
    this.#currentAt = asOf.getTime();
  }

  /**
   * @param {Uint8Array} file
   * @param {import("./index.d.ts").Jwks | string} keys
   * @param {import("./index.d.ts").SnapshotOptions} [options]
   * @returns {Promise<Snapshot>}
   */
  static async open(file, keys, { maxAge = DAY, notBefore } = {}) {
    const parts = splitSnapshot(file);
    await verifyManifest(
      parts.signature,
      parts.manifest,
      typeof keys === "string" ? await fetchJwks(keys) : keys,
    );
    const manifest = parseManifest(parts.manifest, parts.shards.length);
    if (Date.now() < manifest.asOf.getTime() || Date.now() >= manifest.expiresAt.getTime()) {
      throw new InvalidSnapshot("the snapshot is expired, or the clock of this machine is wrong");
    }
    if (notBefore !== undefined && !(manifest.asOf >= notBefore))
      throw new InvalidSnapshot("the snapshot is older than allowed");
    return new Snapshot(manifest, await openFilters(manifest, parts.shards), maxAge);
  }

  /**
   * @param {string} recipient
   * @param {string} topic
   * @returns {import("./index.d.ts").SnapshotAnswer}
   */
  maySend(recipient, topic) {
    const [high, low] = snapshotKey(recipient);
    if (topic === EVERYTHING || !this.#filters.has(topic) || this.#changed.has(recipient)) return "ask";
    if (this.#isStopped(EVERYTHING, high, low) || this.#isStopped(topic, high, low)) return "no";
    return Date.now() < Math.min(this.#expiresAt, this.#currentAt + this.#maxAge) ? "yes" : "ask";
  }

  /**
   * @param {Iterable<import("./index.d.ts").SuppressionsPage> | AsyncIterable<import("./index.d.ts").SuppressionsPage>} pages
   * @param {Date} startedAt
   * @returns {Promise<void>}
   */
  async follow(pages, startedAt) {
    for await (const { suppressions, end } of pages) {
      if (!suppressions.every(({ recipient }) => isRecipient(recipient)))
        throw new RangeError("not a page of the feed");
      for (const { recipient } of suppressions) this.#changed.add(recipient);
      if (end) this.#currentAt = Math.max(this.#currentAt, startedAt.getTime());
    }
  }

  /**
   * @param {string} name
   * @param {number} high
   * @param {number} low
   */
  #isStopped(name, high, low) {
    const shards = this.#filters.get(name) ?? [];
    return shards[Math.floor((high / 2 ** 32) * shards.length)].has(high, low); // by the leading bits
  }
}

/**
 * Verifies and opens all shards. Later, nothing of the file is read that was not verified.
 *
 * @param {ReturnType<typeof parseManifest>} manifest
 * @param {Uint8Array} data
 */
async function openFilters({ topics, shards }, data) {
  const opened = await Promise.all(
    shards.map(async (shard) => ({ topic: shard.topic, filter: await openShard(shard, data) })),
  );
  const groups = groupByTopic(opened);
  return new Map(
    [...topics].map(([name, number]) => [name, (groups.get(number) ?? []).map(({ filter }) => filter)]),
  );
}

/**
 * @param {import("./snapshot_file.js").Shard} shard
 * @param {Uint8Array} data
 */
async function openShard({ offset, length, sha256 }, data) {
  const bytes = data.subarray(offset, offset + length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes)));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== sha256) throw new InvalidSnapshot("a shard of the snapshot is damaged");
  return new FuseFilter(bytes);
}
