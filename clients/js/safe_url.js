// The URLs to which the client sends a key, and from which it takes keys.

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Returns a URL that is HTTPS, or on this machine.
 *
 * @param {string} text
 * @returns {URL}
 */
export function safeUrl(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSafe =
    url && (url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.includes(url.hostname)));
  if (!isSafe || url.username || url.password || url.hash) {
    throw new TypeError("the URL is neither HTTPS nor on this machine, or it has a password or a fragment");
  }
  return url;
}
