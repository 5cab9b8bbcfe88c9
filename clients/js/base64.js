// Base64, as far as the client needs it.

/**
 * Returns the bytes of a text in base64, with its padding; null if it is anything else.
 *
 * @param {string} text
 */
export function decodeBase64(text) {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

/**
 * Returns the bytes of a text in base64url, without padding (RFC 7515 §2); null if it is anything else.
 *
 * @param {string} text
 */
export function decodeBase64Url(text) {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null;
  return decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat(-text.length & 3));
}

/**
 * Returns bytes in base64url, without padding.
 *
 * @param {Uint8Array} bytes
 */
export function encodeBase64Url(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
