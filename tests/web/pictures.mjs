// node pictures.mjs SITE < PICTURES  Takes each picture: `url`, `file`, `width`, `height`, `scheme`, `press`.
import { readFileSync } from "node:fs";
import { launch } from "./browser.mjs";

const [site] = process.argv.slice(2);
const browser = await launch();
for (const { url, file, width, height, scheme, press } of JSON.parse(readFileSync(0, "utf8"))) {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: scheme,
    deviceScaleFactor: width < 500 ? 1.5 : 1,
  });
  await page.goto(site + url);
  if (press) await Promise.all([page.waitForNavigation(), page.click(press)]);
  await page.screenshot({ path: file });
  await page.close();
}
await browser.close();
