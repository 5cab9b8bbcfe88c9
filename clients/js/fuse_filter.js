// The binary fuse filter of 64-bit keys, with fingerprints of 16 bits (docs/reference/snapshot-format.md).
// A number of 64 bits is two of 32 here: it is faster than BigInt, whose loops crash the compiler of Node.js 20.
import { InvalidSnapshot } from "./errors.js";

const HEADER = 28; // bytes
const TWO_TO_32 = 2 ** 32;

export class FuseFilter {
  #data;
  #seedHigh;
  #seedLow;
  #length;
  #firstPlaces;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    if (bytes.length < HEADER) throw new InvalidSnapshot("a filter is too short");
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const numbers = [12, 16, 20, 24].map((at) => data.getUint32(at, true));
    const [length, segments, firstPlaces, fingerprints] = numbers;
    const fits = firstPlaces === segments * length && fingerprints === firstPlaces + 2 * length;
    const isPowerOfTwo = Number.isInteger(Math.log2(length));
    if (!fits || !isPowerOfTwo || !segments || bytes.length !== HEADER + 2 * fingerprints) {
      throw new InvalidSnapshot("the header of a filter does not fit its size");
    }
    this.#data = data;
    this.#seedLow = data.getUint32(0, true);
    this.#seedHigh = data.getUint32(4, true);
    this.#length = length;
    this.#firstPlaces = firstPlaces;
  }

  /**
   * Returns whether a key is in the set. For one of 65,536 keys that are not, the answer is true as well.
   *
   * @param {number} keyHigh its upper 32 bits
   * @param {number} keyLow its lower 32 bits
   */
  has(keyHigh, keyLow) {
    const sum = keyLow + this.#seedLow;
    let low = sum >>> 0;
    let high = (keyHigh + this.#seedHigh + (sum >= TWO_TO_32 ? 1 : 0)) >>> 0;
    low = (low ^ (high >>> 1)) >>> 0; // hash ^ hash >> 33
    [high, low] = [timesHigh(high, low, 0xff51afd7, 0xed558ccd), Math.imul(low, 0xed558ccd) >>> 0];
    low = (low ^ (high >>> 1)) >>> 0;
    [high, low] = [timesHigh(high, low, 0xc4ceb9fe, 0x1a85ec53), Math.imul(low, 0x1a85ec53) >>> 0];
    low = (low ^ (high >>> 1)) >>> 0;
    const length = this.#length;
    const mask = length - 1;
    const first = scale(high, low, this.#firstPlaces);
    const second = (first + length) ^ (((high << 14) | (low >>> 18)) & mask); // hash >> 18
    const third = (first + 2 * length) ^ (low & mask);
    const found = this.#fingerprint(first) ^ this.#fingerprint(second) ^ this.#fingerprint(third);
    return ((high ^ low) & 0xffff) === found;
  }

  /** @param {number} place */
  #fingerprint(place) {
    return this.#data.getUint16(HEADER + 2 * place, true);
  }
}

/**
 * Returns the upper 32 of the lower 64 bits of a product of two numbers of 64 bits.
 *
 * @param {number} aHigh
 * @param {number} aLow
 * @param {number} bHigh
 * @param {number} bLow
 */
function timesHigh(aHigh, aLow, bHigh, bLow) {
  return (upperHalf(aLow, bLow) + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) >>> 0;
}

/**
 * Returns (hash * factor) >> 64 for a factor of 32 bits.
 *
 * @param {number} high
 * @param {number} low
 * @param {number} factor
 */
function scale(high, low, factor) {
  const middle = (Math.imul(high, factor) >>> 0) + upperHalf(low, factor);
  return upperHalf(high, factor) + (middle >= TWO_TO_32 ? 1 : 0);
}

/**
 * Returns the upper 32 bits of a product of two numbers of 32 bits.
 *
 * @param {number} a
 * @param {number} b
 */
function upperHalf(a, b) {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const one = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (one & 0xffff);
  return aHigh * bHigh + (one >>> 16) + (other >>> 16);
}
