// The public keys of a deployment, and the verification of the signature of a snapshot.
import { decodeBase64Url, encodeBase64Url } from "./base64.js";
import { InvalidSnapshot } from "./errors.js";
import { isRedirect, parseObject, readText } from "./response.js";
import { safeUrl } from "./safe_url.js";

const TIMEOUT = 10_000; // ms
const LONGEST_JWKS = 1 << 16; // bytes
const P256 = { name: "ECDSA", namedCurve: "P-256" };

/**
 * Returns the JWKS at a URL. It follows no redirect.
 *
 * @param {string} url
 * @returns {Promise<import("./index.d.ts").Jwks>}
 */
export async function fetchJwks(url) {
  const { href } = safeUrl(url);
  const response = await fetch(href, {
    redirect: "manual",
    credentials: "omit",
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const document = parseObject(await readText(response, LONGEST_JWKS));
  if (isRedirect(response) || !response.ok || !document)
    throw new InvalidSnapshot("the URL of the keys answers with no JWKS");
  return /** @type {any} */ (document);
}

/**
 * Verifies the signature of a manifest: a compact JWS with a detached payload (RFC 7515, appendix F).
 *
 * @param {Uint8Array} jws
 * @param {Uint8Array} manifest
 * @param {import("./index.d.ts").Jwks} jwks
 */
export async function verifyManifest(jws, manifest, jwks) {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(jws); // a byte order mark is no part of a JWS
  const [header, payload, signature, ...more] = text.split(".");
  const { alg, kid, ...others } = parseObject(decodeText(header)) ?? {};
  const raw = decodeBase64Url(signature ?? "");
  if (
    alg !== "ES256" ||
    typeof kid !== "string" ||
    Object.keys(others).length ||
    payload !== "" ||
    more.length ||
    !raw
  ) {
    throw new InvalidSnapshot("the signature is no detached JWS of ES256");
  }
  const signed = new TextEncoder().encode(`${header}.${encodeBase64Url(manifest)}`);
  const key = await importKey(jwks, kid);
  if (!(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, signed))) {
    throw new InvalidSnapshot("the signature of the snapshot is not valid");
  }
}

/**
 * @param {import("./index.d.ts").Jwks} jwks
 * @param {string} kid
 */
async function importKey(jwks, kid) {
  if (!Array.isArray(jwks?.keys)) throw new InvalidSnapshot("the keys are no JWKS");
  const found = jwks.keys.find((key) => key?.kty === "EC" && key.crv === "P-256" && key.kid === kid);
  if (!found) throw new InvalidSnapshot("no known key signed the snapshot");
  const { kty, crv, x, y } = found;
  try {
    return await crypto.subtle.importKey("jwk", { kty, crv, x, y }, P256, false, ["verify"]);
  } catch {
    throw new InvalidSnapshot("a key of the JWKS is no point of P-256");
  }
}

/** @param {string} text */
function decodeText(text) {
  return new TextDecoder().decode(decodeBase64Url(text) ?? new Uint8Array());
}
