// Sends requests to the API under /v1, as JSON. A URL never contains an address.
import { HeedError, NoAnswer, NotUnderstood, Refused } from "./errors.js";
import { isRedirect, parseObject, readText } from "./response.js";
import { safeUrl } from "./safe_url.js";

const KEY = /^heed_[A-Za-z0-9_-]{43}$/;
const PROBLEM = /^urn:heed:problem:([a-z-]{1,40})$/;
const LONGEST_ANSWER = 8 << 20; // bytes; Lambda answers with 6 MB at most
const ATTEMPTS = 5;
const FIRST_WAIT = 500; // ms; twice as long each time
const LONGEST_WAIT = 8_000; // ms, if the answer does not say how long

export class Transport {
  #base;
  #key;
  #fetch;
  #timeout;
  #patience;

  /**
   * @param {string} url
   * @param {string} key
   * @param {import("./index.d.ts").Options} options
   */
  constructor(url, key, { fetch = globalThis.fetch, timeout = 35_000, patience = 120_000 } = {}) {
    const { origin, pathname, search } = safeUrl(url);
    if (search) throw new TypeError("the URL has a query");
    if (!KEY.test(key)) throw new TypeError("the key is not an API key of Heed");
    this.#base = origin + pathname.replace(/\/+$/, "");
    this.#key = key;
    this.#fetch = fetch;
    this.#timeout = timeout;
    this.#patience = patience;
  }

  /**
   * Returns the answer to a GET.
   *
   * @param {string} path
   * @param {Record<string, string>} [query]
   */
  async get(path, query = {}) {
    return this.#send(`${path}?${new URLSearchParams(query)}`.replace(/\?$/, ""), { method: "GET" });
  }

  /**
   * Returns the answer to a POST.
   *
   * @param {string} path
   * @param {object} body
   */
  async post(path, body) {
    return this.#send(path, { method: "POST", body: JSON.stringify(body) });
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   */
  async #send(path, request) {
    const end = performance.now() + this.#patience;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const left = Math.max(end - performance.now(), 1);
        return await this.#sendOnce(path, request, Math.min(this.#timeout, left));
      } catch (error) {
        const wait = waitAfter(attempt, error);
        const isLast = attempt === ATTEMPTS || performance.now() + wait >= end;
        if (isLast || !isTemporary(error)) throw error;
        await new Promise((resume) => setTimeout(resume, wait));
      }
    }
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   * @param {number} timeout
   */
  async #sendOnce(path, request, timeout) {
    const { response, text } = await this.#exchange(path, request, timeout);
    if (isRedirect(response)) throw new NotUnderstood("Heed does not redirect: check the URL");
    const answer = parseObject(text);
    if (!response.ok) throw refusal(response, answer ?? {});
    if (!answer) throw new NotUnderstood("the answer is no JSON object: check the URL");
    return answer;
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   * @param {number} timeout
   */
  async #exchange(path, request, timeout) {
    const fetch = this.#fetch; // called without an object, as browsers demand
    const headers = { Authorization: `Bearer ${this.#key}`, "Content-Type": "application/json" };
    const options = /** @type {const} */ ({ redirect: "manual", cache: "no-store", credentials: "omit" });
    const signal = AbortSignal.timeout(Math.ceil(timeout));
    try {
      const response = await fetch(this.#base + path, { ...request, ...options, headers, signal });
      return { response, text: await readText(response, LONGEST_ANSWER) };
    } catch (error) {
      if (error instanceof HeedError) throw error;
      throw new NoAnswer(signal.aborted ? "Heed did not answer in time" : "Heed does not answer");
    }
  }
}

/**
 * @param {Response} response
 * @param {Record<string, any>} problem
 */
function refusal({ status, headers }, { type, detail, errors }) {
  const seconds = headers.get("Retry-After") ?? "";
  return new Refused(status, {
    code: PROBLEM.exec(type)?.[1],
    detail: typeof detail === "string" ? detail : "",
    faults: Array.isArray(errors) ? errors.filter((fault) => typeof fault?.pointer === "string") : [],
    retryAfter: /^\d{1,9}$/.test(seconds) ? Number(seconds) : null,
  });
}

/**
 * Returns whether the same request may succeed later. The API makes it safe to send each of them again.
 *
 * @param {unknown} error
 */
function isTemporary(error) {
  return error instanceof NoAnswer || (error instanceof Refused && [429, 503].includes(error.status));
}

/**
 * Returns the milliseconds before the next attempt. Half of them are random, so that clients do not come together.
 *
 * @param {number} attempt
 * @param {unknown} error
 */
function waitAfter(attempt, error) {
  const usual = Math.min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT);
  const required = error instanceof Refused ? (error.retryAfter ?? 0) * 1_000 : 0;
  return required + usual * (0.5 + Math.random() / 2);
}
