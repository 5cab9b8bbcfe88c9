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
  const bits = [...text].map((digit) => parseInt(digit, 16).toString(2).padStart(4, "0")).join("");
  return `${bits}00`.replace(/.{5}/g, (five) => DIGITS[parseInt(five, 2)]);
}

/**
 * Returns the key of an id in the filters of a snapshot, its first 64 bits: the upper 32 of them and the lower.
 *
 * @param {string} recipient
 * @returns {[number, number]}
 */
export function snapshotKey(recipient) {
  if (!isRecipient(recipient)) throw new RangeError("not a recipient id in base32");
  const high = parseDigits(recipient, 0, 6) * 4 + (parseDigits(recipient, 6, 7) >> 3);
  const low = (parseDigits(recipient, 6, 7) & 7) * 2 ** 29 + parseDigits(recipient, 7, 13) / 2;
  return [high, Math.floor(low)]; // the last bit of the thirteenth digit is not of the key
}

/**
 * @param {string} recipient
 * @param {number} from
 * @param {number} end
 */
function parseDigits(recipient, from, end) {
  let number = 0;
  for (let at = from; at < end; at += 1) {
    const code = recipient.charCodeAt(at);
    number = number * 32 + (code < 97 ? code - 24 : code - 97); // "2" is 26, and "a" is 0
  }
  return number;
}
