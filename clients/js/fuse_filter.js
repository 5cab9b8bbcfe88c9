// The binary fuse filter of 64-bit keys, with fingerprints of 16 bits (docs/reference/snapshot-format.md).
import { InvalidSnapshot } from "./errors.js";

const HEADER = 28; // bytes
const FACTORS = [0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n];

export class FuseFilter {
  #data;
  #seed;
  #length;
  #firstPlaces;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    if (bytes.length < HEADER) throw new InvalidSnapshot("a filter is too short");
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#seed = this.#data.getBigUint64(0, true);
    const [length, segments, firstPlaces, fingerprints] = [12, 16, 20, 24].map((at) =>
      this.#data.getUint32(at, true),
    );
    const fits = firstPlaces === segments * length && fingerprints === firstPlaces + 2 * length;
    const isPowerOfTwo = length > 0 && Number.isInteger(Math.log2(length));
    if (!fits || !isPowerOfTwo || !segments || bytes.length !== HEADER + 2 * fingerprints) {
      throw new InvalidSnapshot("the header of a filter does not fit its size");
    }
    this.#length = length;
    this.#firstPlaces = BigInt(firstPlaces);
  }

  /**
   * Returns whether a key is in the set. For one of 65,536 keys that are not, the answer is true as well.
   *
   * @param {bigint} key
   */
  has(key) {
    let hash = BigInt.asUintN(64, key + this.#seed);
    for (const factor of FACTORS) hash = BigInt.asUintN(64, (hash ^ (hash >> 33n)) * factor);
    hash ^= hash >> 33n;
    const length = this.#length;
    const first = Number((hash * this.#firstPlaces) >> 64n);
    const second = (first + length) ^ (Number((hash >> 18n) & 0xffffffffn) & (length - 1));
    const third = (first + 2 * length) ^ (Number(hash & 0xffffffffn) & (length - 1));
    const found = this.#fingerprint(first) ^ this.#fingerprint(second) ^ this.#fingerprint(third);
    return Number((hash ^ (hash >> 32n)) & 0xffffn) === found;
  }

  /** @param {number} place */
  #fingerprint(place) {
    return this.#data.getUint16(HEADER + 2 * place, true);
  }
}
