// node pictures.mjs SITE < PICTURES  Takes each picture: `url`, `file`, `width`, `height`, `scheme`, and, if
// needed, `person` (who signs in to the desk), `fill` (text by selector) and `press` (a selector).
import { readFileSync } from "node:fs";
import { launch, leave, signIn } from "./browser.mjs";

const [site] = process.argv.slice(2);
const browser = await launch();
const pictures = JSON.parse(readFileSync(0, "utf8"));
for (const { url, file, width, height, scheme, person, fill = {}, press } of pictures) {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: scheme,
    deviceScaleFactor: width < 500 ? 1.5 : 1,
  });
  if (person) {
    await page.goto(`${site}/desk`);
    await signIn(page, person);
  }
  await page.goto(site + url);
  for (const [selector, text] of Object.entries(fill)) await page.fill(selector, text);
  if (press) await leave(page, () => page.click(press));
  await page.screenshot({ path: file });
  await page.close();
}
await browser.close();
