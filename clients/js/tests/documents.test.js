import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { KEY, RECIPIENT, respond, serve, yesToAll } from "./server.js";

const CLIENT = new URL("../index.js", import.meta.url).href;
const ADDRESSES = ["joan@example.com", "kim@example.com"];

/** Returns the JavaScript of a page that makes a client, as a module that exports the links and knows a server. */
function codeOf(page, url) {
  const text = readFileSync(new URL(page, import.meta.url), "utf8");
  const [, code] = /^```js\n(import \{ Heed \}.*?)^```$/ms.exec(text);
  const given = `const key = ${JSON.stringify(KEY)}, addresses = ${JSON.stringify(ADDRESSES)};`;
  const runnable = code.replace("heed-client", CLIENT).replace("https://preferences.example.com", url);
  return `${code.includes("const addresses") ? "" : given} ${runnable}; export { links };`;
}

function linkAll({ addresses }, response) {
  const links = addresses.map((address) => ({
    address,
    recipient: RECIPIENT,
    unsubscribe_url: "https://mail.example.com/u/EQ",
    preferences_url: "https://mail.example.com/p/Eg",
    headers: { "List-Unsubscribe": "<x>", "List-Unsubscribe-Post": "y", "List-Id": "<z>" },
    tags: { "heed-recipient": RECIPIENT },
  }));
  respond(response, 200, { links });
}

for (const page of ["../README.md", "../../../docs/clients.md"]) {
  test(`the code of ${page} makes links for those who may get a mail`, async (t) => {
    process.env.HEED_API_KEY = KEY;
    const { url } = await serve(t, yesToAll, linkAll);
    const { links } = await import(`data:text/javascript,${encodeURIComponent(codeOf(page, url))}`);
    assert.deepEqual(
      links.map(({ address }) => address),
      ADDRESSES,
    );
  });
}
