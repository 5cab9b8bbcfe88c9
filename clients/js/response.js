// Reads an answer, within bounds.
import { NotUnderstood } from "./errors.js";

/**
 * Returns the body of an answer as text.
 *
 * @param {Response} response
 * @param {number} limit in bytes
 * @returns {Promise<string>}
 */
export async function readText(response, limit) {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw new NotUnderstood("the answer is too long");
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Returns whether an answer is a redirect. A browser hides its status.
 *
 * @param {Response} response
 */
export function isRedirect({ type, status }) {
  return type === "opaqueredirect" || (status >= 300 && status < 400);
}

/**
 * Returns a JSON object, or null if the text is none.
 *
 * @param {string} text
 * @returns {Record<string, any> | null}
 */
export function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
