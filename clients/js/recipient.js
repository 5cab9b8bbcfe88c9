// Recipient ids: 26 digits of base32, or the same 16 bytes as 32 hex digits.

const DIGITS = "abcdefghijklmnopqrstuvwxyz234567";
const BASE32 = /^[a-z2-7]{26}$/;
const HEX = /^[0-9a-f]{32}$/i;

/** @param {unknown} value */
export function isRecipient(value) {
  return typeof value === "string" && BASE32.test(value);
}

/**
 * Returns an id of a caller as Heed writes it. What is no id is returned in lower case.
 *
 * @param {string} text
 */
export function canonicalRecipient(text) {
  if (!HEX.test(text)) return text.toLowerCase();
  const bits = BigInt(`0x${text}`) << 2n; // two unused bits behind the 128
  return [...Array(26).keys()].map((at) => DIGITS[Number((bits >> BigInt(125 - 5 * at)) & 31n)]).join("");
}

/**
 * Returns the key of an id in the filters of a snapshot: its first 64 bits.
 *
 * @param {string} recipient
 * @returns {bigint}
 */
export function snapshotKey(recipient) {
  if (!isRecipient(recipient)) throw new RangeError("not a recipient id in base32");
  let key = 0n;
  for (const digit of recipient.slice(0, 13)) key = (key << 5n) | BigInt(DIGITS.indexOf(digit));
  return key >> 1n;
}
