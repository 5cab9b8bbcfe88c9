// node save.mjs SITE CENTRE LANGUAGE…  Where *Save* of a preference centre ends on a phone of 390 by 844 px, in each
// language: prints a line for each that is below the second screen.
import { launch, tab } from "./browser.mjs";

const [site, centre, ...languages] = process.argv.slice(2);
const [width, height] = [390, 844];
const amiss = [];
const browser = await launch();
const { page, faults } = await tab(browser, site, { viewport: { width, height } });
for (const language of languages) {
  await page.goto(`${site}${centre}?lang=${language}`);
  const topics = await page.locator("input[type=checkbox]").count();
  const { y, height: tall } = await page.locator(".actions > button:not([name])").boundingBox();
  if (topics < 5) amiss.push(`${language}: only ${topics} topics`);
  if (y + tall >= 2 * height) amiss.push(`${language}: Save ends at ${y + tall} px`);
}
amiss.push(...faults);
await browser.close();
console.log(amiss.join("\n"));
