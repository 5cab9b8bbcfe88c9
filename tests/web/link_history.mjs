// node link_history.mjs SITE < VISITS  Back, forward and reload, JavaScript off, on the pages of links. Each visit
// has a `url` and `steps`: what to press, and the title of the page that it leads to. `post` sends the link a form
// first, as a page does that was opened before. Prints a line for each thing amiss: a page that needs a form to be
// sent again, a form that was sent, another page than before.
import { readFileSync } from "node:fs";
import { launch, leave, tab } from "./browser.mjs";
import { mover } from "./moves.mjs";

const [site] = process.argv.slice(2);
const browser = await launch();
const { page, faults } = await tab(browser, site, { javaScriptEnabled: false });
const amiss = [];
const title = async () => (await page.title()).replace(" – Meridian Watches", "");

const move = mover(page, title, amiss);

for (const { url, post, first, steps, back } of JSON.parse(readFileSync(0, "utf8"))) {
  await page.goto(`${site}/policy.json`);
  if (post !== undefined) {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const form = { method: "POST", postData: post, headers };
    await page.route("**/*", (route) => route.continue(form), { times: 1 });
  }
  await page.goto(`${site}${url}?c=may&lang=en`);
  const titles = [first];
  if ((await title()) !== first) amiss.push(`${url}: ${await title()}, not ${first}`);
  await move("reload", first);
  for (const { press, shows } of steps) {
    await leave(page, () => page.click(press));
    titles.push(shows);
    if ((await title()) !== shows) amiss.push(`${url} ${press}: ${await title()}, not ${shows}`);
    await move("reload", shows);
  }
  // An earlier page shows the state of now, which `back` has from the first page to the last but one.
  for (const wanted of [...back].reverse()) {
    await move("goBack", wanted);
    await move("reload", wanted);
  }
  for (const wanted of [...back.slice(1), ...(steps.length ? [titles.at(-1)] : [])]) await move("goForward", wanted);
}

amiss.push(...faults);
await browser.close();
console.log(amiss.join("\n"));
