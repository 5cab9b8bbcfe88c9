// What the answers must be. An answer that is anything else is an error, and never a "yes".
import { NotUnderstood } from "./errors.js";
import { canonicalRecipient, isRecipient } from "./recipient.js";

const LIST_HEADERS = ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"];
const ONE_LINE = /^[\x20-\x7e]+$/;
const OUTCOMES = ["applied", "superseded", "refused"];

/** @typedef {{ addresses: string[] } | { recipients: string[] }} Requested the people of a request */

/**
 * @param {Record<string, any>} answer
 * @param {Requested} requested
 * @returns {import("./index.d.ts").CheckResult[]}
 */
export function readCheck({ results }, requested) {
  demand(areAbout(results, requested) && results.every(isDecision));
  demand(results.every((/** @type {any} */ { sendable, recipient }) => !sendable || isRecipient(recipient)));
  return results;
}

/**
 * @param {Record<string, any>} answer
 * @param {Requested} requested
 * @returns {Pick<import("./index.d.ts").LinksAnswer, "links" | "warning">}
 */
export function readLinks({ links, warning }, requested) {
  demand(areAbout(links, requested) && links.every(isLink));
  return { links, ...(warning === undefined ? {} : { warning: String(warning) }) };
}

/**
 * @param {Record<string, any>} answer
 * @param {number} count
 * @returns {import("./index.d.ts").ChangeResult[]}
 */
export function readChanges({ results }, count) {
  demand(Array.isArray(results) && results.length === count);
  demand(results.every((/** @type {any} */ result) => OUTCOMES.includes(result?.outcome)));
  return results;
}

/**
 * @param {Record<string, any>} answer
 * @returns {Record<string, import("./index.d.ts").Decision>}
 */
export function readDecisions({ decisions }) {
  demand(isObject(decisions) && Object.values(decisions).every(isDecision));
  return decisions;
}

/**
 * @param {Record<string, any>} answer
 * @returns {import("./index.d.ts").SuppressionsPage}
 */
export function readPage({ suppressions, cursor, end }) {
  demand(Array.isArray(suppressions) && suppressions.every(isSuppression));
  demand(typeof end === "boolean" && typeof cursor === "string" && cursor !== "");
  return { suppressions, cursor, end };
}

/**
 * @param {Record<string, any>} answer
 * @returns {import("./index.d.ts").Topics}
 */
export function readTopics({ brands, topics }) {
  demand(
    [brands, topics].every(
      (list) => Array.isArray(list) && list.every((item) => typeof item?.name === "string"),
    ),
  );
  return { brands, topics };
}

/** @param {unknown} holds */
function demand(holds) {
  if (!holds) throw new NotUnderstood("the answer does not fit the request, so nobody may be mailed by it");
}

/** @param {any} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {any} results
 * @param {Requested} requested
 */
function areAbout(results, requested) {
  const people = "addresses" in requested ? requested.addresses : requested.recipients;
  const isAbout = "addresses" in requested ? isAboutAddress : isAboutRecipient;
  return (
    Array.isArray(results) &&
    results.length === people.length &&
    results.every((result, at) => isAbout(result, people[at]))
  );
}

/**
 * @param {any} result
 * @param {string} address
 */
function isAboutAddress(result, address) {
  return result?.address === address;
}

/**
 * @param {any} result
 * @param {string} recipient
 */
function isAboutRecipient(result, recipient) {
  return result?.recipient === null || result?.recipient === canonicalRecipient(recipient);
}

/** @param {any} value */
function isDecision(value) {
  const { sendable, reason } = value ?? {};
  return typeof sendable === "boolean" && typeof reason === "string" && (reason === "ok") === sendable;
}

/** @param {any} link */
function isLink(link) {
  if (link.error !== undefined) return link.recipient === null;
  const areUrls = [link.unsubscribe_url, link.preferences_url].every(
    (text) => isLine(text) && /^https?:\/\//.test(text),
  );
  const isWhole = isRecipient(link.recipient) && [link.headers, link.tags].every(isObject) && areUrls;
  return (
    isWhole &&
    [...LIST_HEADERS.map((name) => link.headers[name]), ...Object.values(link.headers)].every(isLine)
  );
}

/**
 * Returns whether a text can be a header, so that no answer adds other headers to a mail.
 *
 * @param {unknown} text
 */
function isLine(text) {
  return typeof text === "string" && ONE_LINE.test(text);
}

/** @param {any} entry */
function isSuppression(entry) {
  return (
    isRecipient(entry?.recipient) &&
    [entry.reason, entry.scope, entry.state].every((text) => typeof text === "string")
  );
}
